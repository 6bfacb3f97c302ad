package claims;

import engine.Commands;
import engine.Zeebe;
import io.camunda.zeebe.protocol.record.Record;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The clock, chance, and what is going to happen when. */
final class Simulation implements AutoCloseable {

  static final long SECOND = 1_000;
  static final long MINUTE = 60 * SECOND;
  static final long HOUR = 60 * MINUTE;
  static final long DAY = 24 * HOUR;
  static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
  static final long START = Instant.parse("2026-03-02T07:00:00Z").toEpochMilli();
  static final long END = Instant.parse("2026-08-29T16:00:00Z").toEpochMilli();

  /** Something that happens at a time; the number keeps the order of those that happen at once. */
  private record Happening(long at, long number, Action action) {}

  interface Action {
    void run() throws Exception;
  }

  private final PriorityQueue<Happening> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::number));
  private final List<Consumer<Record<?>>> listeners = new ArrayList<>();
  private final Random random;
  private final Zeebe engine;
  private final Commands commands;
  private long count;

  Simulation(long seed) {
    random = new Random(seed);
    engine = new Zeebe(START, true, entry -> listeners.forEach(listener -> listener.accept(entry)));
    commands = new Commands(engine);
  }

  /** Listeners are told of every record. They must not give commands, but put them on the agenda. */
  void listen(Consumer<Record<?>> listener) {
    listeners.add(listener);
  }

  Commands commands() {
    return commands;
  }

  long now() {
    return engine.now();
  }

  void at(long time, Action action) {
    agenda.add(new Happening(Math.max(time, now()), count++, action));
  }

  void in(long time, Action action) {
    at(now() + time, action);
  }

  /** Waits, without time going by, until the engine has nothing to do. */
  void rest() {
    engine.rest();
  }

  /** Waits, without time going by, until the engine has done what is due. */
  void await(BooleanSupplier happened) {
    engine.await(happened);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(below(choices.size()));
  }

  /** A duration of an exponential distribution. */
  long about(long mean) {
    return (long) (-Math.log(1 - random.nextDouble()) * mean);
  }

  /** The time at which {@code work} hours of office time from now on are over: weekdays, 8 to 18 o'clock. */
  long officeTime(long work) {
    return officeTime(now(), work);
  }

  /** The same from another time on. */
  long officeTime(long from, long work) {
    ZonedDateTime time = Instant.ofEpochMilli(from).atZone(ZONE);
    long left = work;
    while (true) {
      ZonedDateTime opens = time.withHour(8).withMinute(0).withSecond(0).withNano(0);
      ZonedDateTime closes = opens.withHour(18);
      boolean weekend = time.getDayOfWeek() == DayOfWeek.SATURDAY || time.getDayOfWeek() == DayOfWeek.SUNDAY;
      if (weekend || !time.isBefore(closes)) {
        time = opens.plusDays(1);
        continue;
      }
      if (time.isBefore(opens)) {
        time = opens;
      }
      long today = closes.toInstant().toEpochMilli() - time.toInstant().toEpochMilli();
      if (left <= today) {
        return time.toInstant().toEpochMilli() + left;
      }
      left -= today;
      time = opens.plusDays(1);
    }
  }

  /** Lets everything happen in order. Commands that come too late are refused by the engine, which is as it should be. */
  void run() throws Exception {
    while (!agenda.isEmpty() && agenda.peek().at() <= END) {
      Happening next = agenda.poll();
      engine.setTime(Math.max(next.at(), now()));
      next.action().run();
    }
  }

  @Override
  public void close() throws Exception {
    engine.close();
  }
}
