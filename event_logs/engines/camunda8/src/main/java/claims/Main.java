package claims;

import engine.Export;
import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.RecordType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/**
 * Runs an insurer's processes on a real Camunda 8 engine and exports its records.
 *
 * <p>People, workers, failures and the clock are simulated; every record is the engine's own. Keys are counted by the
 * engine and chance is seeded: two runs give the same file.
 */
public final class Main {

  public static void main(String[] arguments) throws Exception {
    Path out = Path.of(arguments.length > 0 ? arguments[0] : "export");
    int claims = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 280;
    try (Export export = new Export(out.resolve("records.ndjson.gz")); Simulation simulation = new Simulation(20_260_302L)) {
      simulation.listen(export::write);
      simulation.listen(Main::report);
      new EngineTimers(simulation);
      new Workers(simulation);
      new People(simulation);
      new Operator(simulation);
      new Releases(simulation).plan();
      new Customers(simulation).plan(claims);
      simulation.run();
      copyModels(out);
      export.counts().forEach((kind, count) -> System.out.println(kind + " " + count));
    }
  }

  /** Shows what the engine refuses: commands that come too late are harmless, others hint at a mistake. */
  private static void report(Record<?> entry) {
    if (entry.getRecordType() == RecordType.COMMAND_REJECTION) {
      System.err.println("refused: " + entry.getValueType() + " " + entry.getIntent() + ": " + entry.getRejectionReason());
    }
  }

  /** The models lie beside the records, although PROCESS records hold them, too. */
  private static void copyModels(Path out) throws IOException {
    try (Stream<Path> models = Files.list(Path.of("bpmn"))) {
      for (Path model : models.toList()) {
        Files.copy(model, out.resolve(model.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private Main() {}
}
