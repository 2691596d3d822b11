import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mavenJars } from './maven.ts';

/** The folder with the jars of Flink's own JDBC driver. */
export function flinkJdbcJars(): Promise<string> {
  const artifacts = ['org.apache.flink:flink-sql-jdbc-driver-bundle:2.3.0', 'org.slf4j:slf4j-nop:1.7.36'];
  return mavenJars('flink-jdbc-2.3.0', artifacts);
}

/** What the driver makes of each statement at a gateway, a line a row, after a line with the current catalog and database. */
export async function askByJdbc(port: number, statements: readonly string[]): Promise<string[]> {
  const probe = join(import.meta.dirname, 'JdbcProbe.java');
  const options = ['-Xmx256m', '--add-opens=java.base/java.util=ALL-UNNAMED', '-cp', `${await flinkJdbcJars()}/*`];
  const child = spawn('java', [...options, probe, `jdbc:flink://127.0.0.1:${port}`, ...statements], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`JdbcProbe: exit ${code}\n${errors}`);
  return output.trim().split('\n');
}
