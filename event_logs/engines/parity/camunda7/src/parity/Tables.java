package parity;

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
      "ACT_HI_INCIDENT", "ACT_HI_JOB_LOG", "ACT_HI_EXT_TASK_LOG", "ACT_HI_VARINST", "ACT_HI_OP_LOG",
      "ACT_HI_IDENTITYLINK", "ACT_RE_PROCDEF", "ACT_RE_DEPLOYMENT", "ACT_GE_PROPERTY", "ACT_GE_SCHEMA_LOG");

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
