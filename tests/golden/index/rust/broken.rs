use crate::before::Before;

pub struct First {
    name: String,
}

impl First {
    pub fn good(&self) -> Before {
        Before::new(self.name)
    }

    pub fn bad(&self -> u32 {
        let x = ;
        3
    }
}

enum Half {
    One,
    Two(,
}

pub fn after(first: &First) -> u32 {
    first.good();
    1
}
