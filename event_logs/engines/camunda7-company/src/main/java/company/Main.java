package company;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicLong;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.ProcessEngineConfiguration;
import org.camunda.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;

/**
 * Runs one maturity of the company on a real Camunda 7 engine, in a PostgreSQL database.
 *
 * <p>People, called systems, failures and the clock are simulated; everything in the tables is written by the engine.
 * Ids are counted and chance is seeded: two runs give the same rows.
 */
public final class Main {

  /** A Monday. */
  private static final long START = Instant.parse("2026-01-05T06:30:00Z").toEpochMilli();

  private static final String USER = "camunda";

  /** Arguments: low, middle or high; JDBC URL; folder of models to deploy; folder for the models that were deployed. */
  public static void main(String[] arguments) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone(Office.ZONE));
    Scenario scenario = switch (arguments[0]) {
      case "low" -> new LowScenario();
      case "middle" -> new MiddleScenario();
      case "high" -> new HighScenario();
      default -> throw new IllegalArgumentException("low, middle or high, not " + arguments[0]);
    };
    Simulation simulation = new Simulation(scenario.seed(), START);
    World world = new World(scenario, simulation);
    Watcher watcher = new Watcher();
    ProcessEngine engine = engine(scenario, arguments[1], watcher, new Services(world).beans());
    world.open(engine);

    Jobs jobs = new Jobs(world);
    Workers workers = new Workers(world);
    Staff staff = new Staff(world);
    Outside outside = new Outside(world);
    Operations operations = new Operations(world, jobs, workers);
    new Deployments(world, Path.of(arguments[2])).plan();
    outside.planDemand();
    operations.planInterventions();
    tidyWeekly(simulation, scenario, arguments[1]);
    simulation.run(simulation.day(scenario.days(), 0), () -> {
      for (Watcher.Notice notice = watcher.next(); notice != null; notice = watcher.next()) {
        switch (notice.kind()) {
          case TASK -> staff.plan(notice.id());
          case JOB -> jobs.plan(notice.id());
          case EXTERNAL_TASK -> workers.plan(notice.id());
          case INCIDENT -> operations.planRepair(notice.id());
          case ACTIVITY -> outside.planReply(notice.element(), notice.instance());
        }
      }
    });

    Models.write(engine, Path.of(arguments[3]));
    engine.close();
    System.exit(0);
  }

  /** Instead of PostgreSQL's own background vacuum, whose moments no two runs would share. */
  private static void tidyWeekly(Simulation simulation, Scenario scenario, String url) {
    for (int day = 7; day < scenario.days(); day += 7) {
      simulation.at(simulation.day(day, 3), () -> {
        try (Connection connection = DriverManager.getConnection(url, USER, "")) {
          connection.createStatement().execute("VACUUM ANALYZE");
        }
      });
    }
  }

  private static ProcessEngine engine(Scenario scenario, String url, Watcher watcher, Map<Object, Object> beans) {
    var configuration = new StandaloneProcessEngineConfiguration();
    AtomicLong ids = new AtomicLong(1_000_000);
    configuration.setIdGenerator(() -> Long.toString(ids.incrementAndGet()));
    configuration.setJdbcUrl(url);
    configuration.setJdbcDriver("org.postgresql.Driver");
    configuration.setJdbcUsername(USER);
    configuration.setJdbcPassword("");
    configuration.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
    configuration.setHistory(ProcessEngineConfiguration.HISTORY_FULL);
    configuration.setCustomHistoryEventHandlers(List.of(watcher));
    configuration.setJobExecutorActivate(false);
    configuration.setMetricsEnabled(false);
    configuration.setTenantCheckEnabled(false);
    configuration.setHostname("engine-1");
    configuration.setDefaultNumberOfRetries(scenario.defaultTries());
    configuration.setEnforceHistoryTimeToLive(false);
    configuration.setBeans(beans);
    return configuration.buildProcessEngine();
  }

  private Main() {}
}
