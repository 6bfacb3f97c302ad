package company;

import java.util.Comparator;
import java.util.Date;
import java.util.PriorityQueue;
import java.util.Random;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.impl.util.ClockUtil;

/** The engine's clock, chance, and the agenda: what is going to happen when. */
final class Simulation {

  static final long SECOND = 1_000;
  static final long MINUTE = 60 * SECOND;
  static final long HOUR = 60 * MINUTE;
  static final long DAY = 24 * HOUR;

  interface Action {
    void run() throws Exception;
  }

  /** Something that happens at a time; the number keeps the order of those that happen at once. */
  private record Happening(long at, long number, Action action) {}

  private final PriorityQueue<Happening> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::number));
  private final Random random;
  private final long start;
  private long now;
  private long count;

  Simulation(long seed, long start) {
    random = new Random(seed);
    this.start = start;
    now = start;
    ClockUtil.setCurrentTime(new Date(now));
  }

  long now() {
    return now;
  }

  /** The time at {@code hour} of the given day of the simulation, both counted from 0. */
  long day(int day, double hour) {
    return Office.day(start, day) + (long) (hour * HOUR);
  }

  /** Time passes while something is done. */
  void spend(long millis) {
    now += millis;
    ClockUtil.setCurrentTime(new Date(now));
  }

  void at(long time, Action action) {
    agenda.add(new Happening(Math.max(time, now), count++, action));
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** A duration of an exponential distribution. */
  long about(double mean) {
    return (long) (-Math.log(1 - random.nextDouble()) * mean);
  }

  /** Lets everything happen in order up to {@code end}; {@code afterEach} may find more to do. */
  void run(long end, Runnable afterEach) throws Exception {
    while (!agenda.isEmpty() && agenda.peek().at() <= end) {
      Happening next = agenda.poll();
      spend(Math.max(0, next.at() - now));
      try {
        next.action().run();
      } catch (ProcessEngineException | Failure refused) {
        // a task that was cancelled meanwhile, a job that failed: the engine has recorded it
        if (Boolean.getBoolean("company.verbose")) {
          System.err.println(new Date(now) + " " + refused.getMessage());
        }
      }
      afterEach.run();
    }
  }
}
