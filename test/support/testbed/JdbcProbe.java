import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;

/** JdbcProbe URL STATEMENT…: what Flink's JDBC driver makes of each statement, a line a row, columns with tabs between. */
public class JdbcProbe {
  public static void main(String[] args) throws Exception {
    Class.forName("org.apache.flink.table.jdbc.FlinkDriver");
    try (Connection connection = DriverManager.getConnection(args[0]); Statement statement = connection.createStatement()) {
      System.out.println(connection.getCatalog() + "." + connection.getSchema());
      for (int i = 1; i < args.length; i++) show(statement, args[i]);
    }
  }

  private static void show(Statement statement, String text) throws Exception {
    if (!statement.execute(text)) {
      System.out.println("ok");
      return;
    }
    try (ResultSet rows = statement.getResultSet()) {
      ResultSetMetaData columns = rows.getMetaData();
      while (rows.next()) {
        StringBuilder line = new StringBuilder();
        for (int c = 1; c <= columns.getColumnCount(); c++) line.append(c == 1 ? "" : "\t").append(rows.getObject(c));
        System.out.println(line);
      }
    }
  }
}
