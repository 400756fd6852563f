using System;
using System.Collections.Generic;
using static System.Math;
using Json = System.Text.Json.JsonSerializer;
global using System.Linq;

namespace Shop.Orders
{
    /// <summary>
    /// Something that can be priced.
    /// </summary>
    public interface IPriced<T> where T : struct
    {
        T Price { get; }
        decimal Total(int count);
    }

    public delegate void OrderChanged(Order order, string why);

    [Flags]
    public enum Status : byte
    {
        None = 0,
        Open = 1,
        Paid = Open << 1,
    }

    /// <summary>An order of one customer.</summary>
    [Serializable]
    [Obsolete("use OrderV2")]
    public class Order : EntityBase<Guid>, IPriced<decimal>
    {
        private const int MaxLines = 100;
        private readonly List<Line> _lines = new List<Line>(), _removed = new();
        public event OrderChanged Changed;

        // The status as it was saved.
        public Status Status { get; private set; } = Status.Open;

        public decimal Price => Round(_lines.Sum(line => line.Price), 2);

        public Order(ILogger logger) : base(Guid.NewGuid())
        {
            logger.Info("created");
        }

        ~Order()
        {
            Release(_lines);
        }

        public Line this[int index] => _lines[index];

        public decimal Total(int count) => Price * count;

        [return: NotNull]
        public TResult Map<TResult>(Func<Order, TResult> map)
            where TResult : class
        {
            if (map is null)
            {
                throw new ArgumentNullException(nameof(map));
            }
            TResult Apply(Order order)
            {
                return map.Invoke(order);
            }
            var cast = (IPriced<decimal>)this;
            Changed?.Invoke(this, Json.Serialize(cast));
            return Apply(this);
        }

        public static Order operator +(Order left, Order right) => left.Merge(right);

        public class Builder
        {
            public Order Build() => new Order(Logging.Default) { Status = Status.Paid };
        }
    }

    public readonly record struct Line(string Name, decimal Price);

    public record Customer(string Name) : Person(Name);

    public struct Point
    {
        public int X, Y;
    }

    internal static class Extensions
    {
        public static bool IsOpen(this Order order) => order is { Status: Status.Open } && typeof(Order) != null;
    }
}
