<?php

use Shop\Price;

class Good
{
    public function before(int $x): int
    {
        return helper($x);
    }

    public function broken(int $x)
    {
        $y = = 1;
    }

    public function after(): Price
    {
        return compute(1);
    }
}

function last(): Good { return new Good(); }
