package permits;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.Date;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.flowable.common.engine.impl.runtime.Clock;

/** The clock, chance, and what is going to happen when. */
final class Simulation {

  static final long SECOND = 1_000;
  static final long MINUTE = 60 * SECOND;
  static final long HOUR = 60 * MINUTE;
  static final long DAY = 24 * HOUR;
  static final ZoneId ZONE = ZoneId.of("Europe/Vienna");
  static final long START = Instant.parse("2026-01-12T07:00:00Z").toEpochMilli();
  static final long END = Instant.parse("2026-06-12T15:00:00Z").toEpochMilli();

  /** Something that happens at a time; the number keeps the order of those that happen at once. */
  private record Happening(long at, long number, Action action) {}

  interface Action {
    void run() throws Exception;
  }

  private final PriorityQueue<Happening> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::number));
  private final Set<String> seen = new HashSet<>();
  private final Random random;
  private final Clock clock;
  private final Map<String, Integer> facts = new TreeMap<>();
  private long now = START;
  private long count;

  Simulation(long seed, Clock clock) {
    random = new Random(seed);
    this.clock = clock;
    clock.setCurrentTime(new Date(now));
  }

  long now() {
    return now;
  }

  /** Time passes while something is done. */
  void spend(long millis) {
    now += millis;
    clock.setCurrentTime(new Date(now));
  }

  void at(long time, Action action) {
    agenda.add(new Happening(Math.max(time, now), count++, action));
  }

  /** Whether this thing is met for the first time. */
  boolean isNew(String thing) {
    return seen.add(thing);
  }

  /** Counts what happened where the tables may not tell it. */
  void note(String fact) {
    facts.merge(fact, 1, Integer::sum);
  }

  Map<String, Integer> facts() {
    return facts;
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** A duration of an exponential distribution. */
  long about(long mean) {
    return (long) (-Math.log(1 - random.nextDouble()) * mean);
  }

  /** The time at which {@code work} hours of office time from {@code from} are over: weekdays, 8 to 18 o'clock. */
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

  /** Lets everything happen in order; {@code afterEach} may find more to do. What the engine refuses is past anyway. */
  void run(Runnable afterEach) {
    while (!agenda.isEmpty() && agenda.peek().at() <= END) {
      Happening next = agenda.poll();
      spend(Math.max(0, next.at() - now));
      try {
        next.action().run();
      } catch (Exception refused) {
        // a task that was cancelled meanwhile, a job that failed: the engine has seen it
      }
      afterEach.run();
    }
  }
}
