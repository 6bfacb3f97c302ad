package parity;

import java.nio.file.Path;
import java.util.TimeZone;

/** Plays the scenario on Camunda 7 and exports its history tables; times in them are UTC. */
public final class Main {

  public static void main(String[] arguments) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    Path home = Path.of(arguments[0]);
    Play.on(new Camunda7(home, Play.START), home.resolve("../scenario.csv"));
  }

  private Main() {}
}
