package orders;

import java.nio.file.Path;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicLong;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.impl.cfg.StandaloneInMemProcessEngineConfiguration;

/**
 * Runs three processes on a real Camunda 7 engine and exports its history tables.
 *
 * <p>People, called services, failures and the clock are simulated; everything in the tables is written by the engine.
 * Ids are counted and chance is seeded: two runs give the same rows.
 */
public final class Main {

  public static void main(String[] arguments) throws Exception {
    Path out = Path.of(arguments.length > 0 ? arguments[0] : "export");
    int orders = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 560;
    String history = arguments.length > 2 ? arguments[2] : "full";

    TimeZone.setDefault(TimeZone.getTimeZone("Europe/Berlin"));
    Simulation simulation = new Simulation(20_260_302L);
    var configuration = new StandaloneInMemProcessEngineConfiguration();
    AtomicLong ids = new AtomicLong(100_000);
    configuration.setIdGenerator(() -> Long.toString(ids.incrementAndGet()));
    configuration.setJdbcUrl("jdbc:h2:mem:orders;DB_CLOSE_DELAY=-1");
    configuration.setHistory(history);
    configuration.setJobExecutorActivate(false);
    configuration.setMetricsEnabled(false);
    configuration.setTenantCheckEnabled(false);
    configuration.setHostname("engine-1");
    configuration.setDefaultNumberOfRetries(3);
    configuration.setBeans(Map.copyOf(Services.beans(simulation)));
    ProcessEngine engine = configuration.buildProcessEngine();

    new Releases(engine, simulation).plan();
    new Customers(engine, simulation).plan(orders);
    People people = new People(engine, simulation);
    Machines machines = new Machines(engine, simulation);
    simulation.run(() -> {
      people.lookForWork();
      machines.lookForWork();
    });

    Tables.write(configuration.getDataSource(), out);
    engine.close();
    System.exit(0);
  }

  private Main() {}
}
