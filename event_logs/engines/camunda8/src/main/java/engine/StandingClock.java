package engine;

import io.camunda.zeebe.scheduler.clock.ActorClock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The engine's clock: it stands still until it is set, and counts how often the engine's threads look at it. */
final class StandingClock implements ActorClock {

  private final AtomicLong time = new AtomicLong();
  private final Map<Thread, AtomicLong> looks = new ConcurrentHashMap<>();

  void set(long millis) {
    time.set(millis);
  }

  /** Waits until each of the engine's threads has looked so often: what was due is done then, and planned anew. */
  void awaitLooks(int number) {
    Map<Thread, Long> before = new ConcurrentHashMap<>();
    looks.forEach((thread, count) -> before.put(thread, count.get()));
    while (before.entrySet().stream().anyMatch(entry -> looks.get(entry.getKey()).get() < entry.getValue() + number)) {
      LockSupport.parkNanos(200_000);
    }
  }

  @Override
  public boolean update() {
    looks.computeIfAbsent(Thread.currentThread(), thread -> new AtomicLong()).incrementAndGet();
    return true;
  }

  @Override
  public long getTimeMillis() {
    return time.get();
  }

  @Override
  public long getNanosSinceLastMillisecond() {
    return 0;
  }

  @Override
  public long getNanoTime() {
    return time.get() * 1_000_000;
  }
}
