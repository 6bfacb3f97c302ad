package parity;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import parity.Engine.Work;

/** Plays the scenario on an engine: the same things at the same milliseconds, whichever engine it is. */
final class Player {

  private static final int RETRIES = 3;
  private static final long BACK_OFF = 60_000;
  /** Workers ask again a moment after the back-off: the engine may refuse a job in its very millisecond. */
  private static final long MOMENT = 250;

  /** Something that happens at a time; the number keeps the order of those that happen at once. */
  private record Happening(long at, long number, Runnable action) {}

  private final PriorityQueue<Happening> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::number));
  private final Map<String, Integer> attempts = new HashMap<>();
  private final Engine engine;
  private final Scenario scenario;
  private long now;
  private long count;

  Player(Engine engine, Scenario scenario) {
    this.engine = engine;
    this.scenario = scenario;
  }

  /** Plays from {@code start} to {@code end}; the second version of the model is deployed at {@code release}. */
  void play(long start, long release, long end) {
    at(start, () -> deploy("onboarding_v1"));
    at(release, () -> deploy("onboarding_v2"));
    for (String key : scenario.keys()) {
      long begins = start + scenario.number(key, "start_ms");
      at(begins, () -> engine.start(key, scenario.number(key, "identified") == 1));
      if (scenario.has(key, "cancel_ms")) {
        at(begins + scenario.number(key, "cancel_ms"), () -> engine.cancel(key, "olga"));
      }
    }
    while (!agenda.isEmpty() && agenda.peek().at() <= end) {
      Happening next = agenda.poll();
      now = next.at();
      engine.setTime(now);
      next.action().run();
      engine.newWork().forEach(this::plan);
    }
  }

  private void deploy(String model) {
    try {
      engine.deploy("pipeline", model);
    } catch (Exception broken) {
      throw new IllegalStateException(model, broken);
    }
  }

  private void at(long time, Runnable action) {
    agenda.add(new Happening(time, count++, action));
  }

  /** Like {@link #at}, unless somebody or something else has ended the work meanwhile. */
  private void at(long time, Work work, Runnable action) {
    at(time, () -> {
      if (engine.isOpen(work)) {
        action.run();
      }
    });
  }

  private void plan(Work work) {
    switch (work.kind()) {
      case JOB -> work(work);
      case TASK -> task(work);
      case TIMER -> at(work.due(), work, () -> engine.fire(work));
    }
  }

  /** A worker takes the job at once and is done, or gives up, after the time that the scenario says. */
  private void work(Work job) {
    String key = job.caseKey();
    String element = job.element();
    String worker = "worker-" + element;
    engine.take(job, worker);
    at(now + scenario.number(key, element + "_ms"), job, () -> {
      int attempt = attempts.merge(job.id(), 1, Integer::sum);
      if (attempt <= scenario.number(key, element + "_failures")) {
        fail(job, worker, attempt);
      } else if (scenario.number(key, element + "_error") == 1) {
        engine.error(job, worker, "ACCOUNT_EXISTS");
      } else {
        engine.complete(job, worker, element.equals("score_credit") ? Map.of("score", 500 + key.hashCode() % 97) : Map.of());
      }
    });
  }

  private void fail(Work job, String worker, int attempt) {
    int left = Math.max(0, RETRIES - attempt);
    engine.fail(job, worker, left, left > 0 ? BACK_OFF : 0, job.element() + " was not available");
    if (left > 0) {
      at(now + BACK_OFF + MOMENT, job, () -> work(job));
    } else if (scenario.has(job.caseKey(), job.element() + "_repair_ms")) {
      at(now + scenario.number(job.caseKey(), job.element() + "_repair_ms"), job, () -> {
        engine.repair(job, "olga");
        work(job);
      });
    }
  }

  private void task(Work task) {
    String key = task.caseKey();
    String element = task.element();
    if (!scenario.has(key, element + "_wait_ms")) {
      return;
    }
    String person = scenario.text(key, element + "_by");
    long claimed = now + scenario.number(key, element + "_wait_ms");
    at(claimed, task, () -> engine.claim(task, person));
    if (scenario.has(key, element + "_ms")) {
      at(claimed + scenario.number(key, element + "_ms"), task, () -> engine.completeTask(task, person));
    }
  }
}
