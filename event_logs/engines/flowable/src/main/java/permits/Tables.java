package permits;

import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import javax.sql.DataSource;

/** Writes tables as gzipped CSV: quoted text, nothing at all for NULL, a header even where there are no rows. */
final class Tables {

  private static final List<String> NAMES = List.of("ACT_HI_PROCINST", "ACT_HI_ACTINST", "ACT_HI_TASKINST",
      "ACT_HI_VARINST", "ACT_HI_DETAIL", "ACT_HI_IDENTITYLINK", "ACT_HI_TSK_LOG", "ACT_HI_ENTITYLINK",
      "ACT_HI_COMMENT", "ACT_RE_PROCDEF", "ACT_RE_DEPLOYMENT", "ACT_GE_PROPERTY", "ACT_RU_JOB", "ACT_RU_TIMER_JOB",
      "ACT_RU_DEADLETTER_JOB", "ACT_RU_SUSPENDED_JOB", "ACT_RU_EXTERNAL_JOB", "ACT_RU_EXECUTION",
      "ACT_DMN_HI_DECISION_EXECUTION", "ACT_DMN_DECISION");

  /** What the script holds: enough for a log, with the models and the stack traces of dead jobs. */
  private static final List<String> SCRIPTED = List.of("ACT_HI_PROCINST", "ACT_HI_ACTINST", "ACT_HI_TASKINST",
      "ACT_HI_VARINST", "ACT_RE_PROCDEF", "ACT_RE_DEPLOYMENT", "ACT_GE_PROPERTY", "ACT_GE_BYTEARRAY",
      "ACT_RU_DEADLETTER_JOB");

  /** The database's own script, as an administrator would take it. */
  static void script(DataSource source, Path folder) throws Exception {
    Files.createDirectories(folder);
    Path file = folder.resolve("permits.sql.gz");
    try (Connection connection = source.getConnection()) {
      connection.createStatement().execute("SCRIPT NOPASSWORDS NOSETTINGS TO '" + file + "' COMPRESSION GZIP"
          + " CHARSET 'UTF-8' TABLE " + String.join(", ", SCRIPTED));
    }
  }

  static void write(DataSource source, Path folder) throws Exception {
    Files.createDirectories(folder);
    try (Connection connection = source.getConnection()) {
      for (String name : NAMES) {
        String order = name.startsWith("ACT_GE") ? "1" : "LENGTH(ID_), ID_";
        try (ResultSet rows = connection.createStatement().executeQuery("SELECT * FROM " + name + " ORDER BY " + order);
            OutputStream file = Files.newOutputStream(folder.resolve(name + ".csv.gz"));
            PrintWriter out = new PrintWriter(new GZIPOutputStream(file), false, StandardCharsets.UTF_8)) {
          System.out.println(name + " " + write(rows, out));
        }
      }
    }
  }

  private static int write(ResultSet rows, PrintWriter out) throws SQLException {
    int columns = rows.getMetaData().getColumnCount();
    for (int i = 1; i <= columns; i++) {
      out.print((i > 1 ? "," : "") + quoted(rows.getMetaData().getColumnName(i)));
    }
    out.print("\n");
    int count = 0;
    for (; rows.next(); count++) {
      for (int i = 1; i <= columns; i++) {
        String value = rows.getString(i);
        out.print((i > 1 ? "," : "") + (value == null ? "" : quoted(value)));
      }
      out.print("\n");
    }
    return count;
  }

  private static String quoted(String text) {
    return '"' + text.replace("\"", "\"\"") + '"';
  }

  private Tables() {}
}
