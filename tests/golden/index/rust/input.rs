//! Keeps things.
use std::collections::{self, hash_map::Entry, HashMap};
use std::fmt;
use crate::errors::*;
use super::config::Config as Settings;
pub use self::shapes::Shape;
extern crate serde;
mod parser;

/// How many are kept.
pub const LIMIT: usize = 100;
static mut COUNTER: AtomicUsize = AtomicUsize::new(0);

pub type Result<T> = std::result::Result<T, Error>;

/// A thing.
///
/// With more lines.
#[derive(Debug, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Item<'a, T: Display> {
    pub name: &'a str,
    #[serde(skip)]
    value: Option<T>,
}

struct Pair(i32, Item<'static, u8>);
struct Unit;

#[derive(Debug)]
pub enum Colour {
    Red,
    /// Of the leaves.
    Green(u8),
    Custom { code: u32 },
}

union Bits {
    whole: u32,
}

/** Has a size. */
pub trait Sized2: Base + Send {
    type Output: Display;
    const DEPTH: u32 = 1;
    fn size(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.size() == 0
    }
}

impl<'a, T: Display> Item<'a, T> {
    const NONE: u32 = 0;

    /// Makes one.
    #[inline]
    #[must_use]
    pub fn new(name: &'a str, value: T) -> Self {
        let item = Item { name, value: Some(value) };
        register(&item, LIMIT);
        Self { name, value: None }
    }

    pub async fn save<W>(&mut self, writer: W) -> Result<()>
    where
        W: Write,
    {
        fn helper(x: u32) -> u32 {
            x.max(LIMIT)
        }
        let add = |a, b| a + helper(b);
        writer.write(self.name)?;
        HashMap::<String, u32>::new();
        collections::hash_map::clear(writer);
        println!("{}", self.name);
        Ok(())
    }
}

impl<T> fmt::Display for Item<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl Sized2 for Colour {
    type Output = u32;
    fn size(&self) -> usize { Colour::Red as usize }
}

pub mod shapes {
    pub(crate) struct Shape;
    impl Shape {
        pub fn area(&self) -> f64 { 0.0 }
    }
}

#[macro_export]
macro_rules! square {
    ($x:expr) => { $x * $x };
}

extern "C" {
    fn abs(input: i32) -> i32;
}

#[cfg(test)]
mod tests {
    #[test]
    fn works() {
        assert_eq!(super::square!(2), 4);
    }
}
