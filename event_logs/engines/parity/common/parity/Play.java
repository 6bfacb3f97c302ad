package parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;

/** When the scenario begins, changes and ends, for either engine. */
final class Play {

  static final long START = Instant.parse("2026-03-02T08:00:00Z").toEpochMilli();
  static final long RELEASE = Instant.parse("2026-03-23T10:00:00Z").toEpochMilli();
  static final long END = Instant.parse("2026-04-20T18:00:00Z").toEpochMilli();

  static void on(Engine engine, Path scenario) throws Exception {
    try (engine) {
      new Player(engine, new Scenario(scenario)).play(START, RELEASE, END);
      engine.export();
    }
  }

  /** The models lie beside what the engine has recorded. */
  static void copyModels(Path home, Path out) throws IOException {
    for (String model : List.of("onboarding_v1.bpmn", "onboarding_v2.bpmn")) {
      Files.copy(home.resolve("bpmn").resolve(model), out.resolve(model), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private Play() {}
}
