package permits;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicLong;
import org.flowable.common.engine.impl.history.HistoryLevel;
import org.flowable.common.engine.impl.util.DefaultClockImpl;
import org.flowable.dmn.engine.configurator.DmnEngineConfigurator;
import org.flowable.dmn.engine.impl.cfg.StandaloneInMemDmnEngineConfiguration;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.impl.cfg.StandaloneInMemProcessEngineConfiguration;

/**
 * Runs a city's permit processes on a real Flowable engine and exports its tables.
 *
 * <p>People, called services, failures and the clock are simulated; everything in the tables is written by the engine.
 * Ids are counted and chance is seeded: two runs give the same rows.
 */
public final class Main {

  public static void main(String[] arguments) throws Exception {
    Path out = Path.of(arguments.length > 0 ? arguments[0] : "export");
    int applications = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 112;
    HistoryLevel history = HistoryLevel.getHistoryLevelForKey(arguments.length > 2 ? arguments[2] : "full");

    TimeZone.setDefault(TimeZone.getTimeZone("Europe/Vienna"));
    var configuration = new StandaloneInMemProcessEngineConfiguration();
    configuration.setClock(new DefaultClockImpl());
    Simulation simulation = new Simulation(20_260_116L, configuration.getClock());
    AtomicLong ids = new AtomicLong(10_000);
    configuration.setIdGenerator(() -> Long.toString(ids.incrementAndGet()));
    configuration.setJdbcUrl("jdbc:h2:mem:permits;DB_CLOSE_DELAY=-1");
    configuration.setHistoryLevel(history);
    configuration.setEnableHistoricTaskLogging(true);
    configuration.setEnableEntityLinks(true);
    configuration.setAsyncExecutorActivate(false);
    configuration.setDisableIdmEngine(true);
    configuration.setDisableEventRegistry(true);
    configuration.addConfigurator(new DmnEngineConfigurator()
        .setDmnEngineConfiguration(new StandaloneInMemDmnEngineConfiguration().setHistoryEnabled(true)));
    configuration.setBeans(new LinkedHashMap<>());
    Services services = new Services(simulation, configuration);
    configuration.getBeans().putAll(services.beans());
    ProcessEngine engine = configuration.buildProcessEngine();

    new Releases(engine, simulation).plan();
    new Applicants(engine, simulation).plan(applications);
    People people = new People(engine, simulation);
    Machines machines = new Machines(engine, simulation);
    simulation.run(() -> {
      people.lookForWork();
      machines.lookForWork();
    });

    Tables.write(configuration.getDataSource(), out.resolve("engine"));
    Models.write(engine.getRepositoryService(), out.resolve("engine"));
    Tables.script(configuration.getDataSource(), out.resolve("script"));
    simulation.facts().forEach((fact, count) -> System.out.println(fact + ": " + count));
    engine.close();
    System.exit(0);
  }

  private Main() {}
}
