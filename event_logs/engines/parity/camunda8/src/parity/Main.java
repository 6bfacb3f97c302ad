package parity;

import java.nio.file.Path;

/** Plays the scenario on the Camunda 8 engine and exports its records. */
public final class Main {

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    Play.on(new Camunda8(home, Play.START), home.resolve("../scenario.csv"));
  }

  private Main() {}
}
