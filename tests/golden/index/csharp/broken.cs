using System;

namespace Shop;

public class Good
{
    public int Before(int x) => Helper(x);

    public void Broken(int x) {
        var y = = 3;
        Call(x, ;
    }

    public int After() { return Compute(1); }
}

public enum Colour { Red, Green }
