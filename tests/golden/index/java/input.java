package com.example.store;

import java.util.List;
import java.util.function.*;
import static java.util.Objects.requireNonNull;
import static com.example.Checks.*;

/**
 * Keeps items.
 *
 * @param <T> what is kept
 */
@Service
@Named(value = "store")
public abstract class Store<T extends Comparable<T>> extends Base<T> implements Keeper<T>, java.io.Closeable {
    /** How many are kept. */
    public static final int LIMIT = 100;
    private final List<T> items = new ArrayList<>();
    @Inject
    protected Clock clock, timer;
    int[] counts; // of each kind

    static {
        Registry.register(Store.class);
    }

    /** Makes one. */
    @Inject
    public Store(Clock clock, int limit) {
        super(limit);
        this.clock = requireNonNull(clock);
    }

    @Override
    public void keep(T item) throws StoreException {
        if (item == null) {
            throw new StoreException("no item", LIMIT);
        }
        Function<T, String> show = value -> value.toString();
        items.forEach(this::check);
        List.of(item).stream().map(Item::name).toList();
        Runnable task = new Runnable() {
            @Override
            public void run() {
                clock.tick(item);
            }
        };
        Outer.Inner inner = new Outer.Inner();
        execute(task, (x) -> helper(x));
    }

    // Overloaded.
    public void keep(T item, int times) {}

    protected abstract <R> List<R> convert(
        Function<? super T, R> convert,
        @Nullable String name
    );

    private static class Entry<K, V> {
        K key;

        class Deep {
            void visit() {}
        }
    }

    enum Colour implements Named {
        RED,
        @Deprecated GREEN("g") {
            @Override
            String show() { return "green"; }
        };

        private final String code;

        Colour(String... code) { this.code = code[0]; }
    }
}

interface Keeper<T> extends AutoCloseable, Named {
    int DEPTH = 1;

    void keep(T item);

    default int size() { return DEPTH; }
}

@Retention(RetentionPolicy.RUNTIME)
@interface Marked {
    String value() default "x";
}

record Point(int x, @Nullable Double y) implements Shape {
    static final Point ZERO = new Point(0, null);

    Point {
        check(x);
    }
}

sealed interface Shape permits Point {}
