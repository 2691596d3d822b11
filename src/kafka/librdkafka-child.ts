/** The child process that holds librdkafka for one reader (librdkafka-process.ts starts it). */
import { toErrorData } from '../model/errors.ts';
import { loadAddon } from './librdkafka-addon.ts';
import { LibrdkafkaConsumer } from './librdkafka-consumer.ts';
import type { FromChild, ToChild } from './librdkafka-protocol.ts';

let consumer: LibrdkafkaConsumer | null = null;

function send(message: FromChild): void {
  if (process.connected) process.send!(message);
}

async function start({ config }: ToChild & { kind: 'start' }): Promise<void> {
  try {
    consumer = new LibrdkafkaConsumer(loadAddon(), config, send);
    send({ kind: 'ready' });
    await consumer.run();
  } catch (error) {
    send({ kind: 'failed', error: toErrorData(error) });
  }
}

process.on('message', (message: ToChild) => {
  if (message.kind === 'start') void start(message);
  else consumer?.receive(message);
});

/**
 * The reader is gone, however it went. Nothing is held that someone waits for: no group was joined, nothing is committed from here. The
 * addon's own end (disconnect, then its exit handlers) may hang or crash while a batch is being read.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

// Ctrl-C reaches the whole group of processes: it is the parent that stops with a savepoint, and needs the records until then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
