/**
 * The audit's part in a producer: names every record it is shown, and counts it. Works beside any client: put the header into the record,
 * send the messages of `messages()` to the topic `millrace-audit` now and then.
 *
 * What is counted only grows: a counter is sent whole each time, and the one that has counted most wins. A lost message is made good by the
 * next, one that comes twice or late changes nothing.
 */
import type { RecordHeaders } from '../kafka/batch-builder.ts';
import { auditHeader } from '../model/audit.ts';
import { assert } from '../model/errors.ts';
import { encodeAuditKey } from './audit-key.ts';
import { type AccountScheme, BucketAccount, bucketStart, standardScheme } from './bucket-account.ts';
import { encodeIdentity, identityLayout } from './identity-header.ts';
import { RecordDigest } from './record-hash.ts';
import { encodeSegment } from './segment-record.ts';

export type ProducerIdentity = Readonly<{ producer: string; host: string }>;

/** A record as it goes to the client. `timestamp`: ms since 1970; it has to be given to the client as well. */
export type RecordToAudit = Readonly<{
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestamp: number;
  headers?: RecordHeaders | undefined;
}>;

/** A record of the topic `millrace-audit`. */
export type AuditMessage = Readonly<{ key: Buffer; value: Buffer }>;

/** Of one topic and bucket: sequences `[from, to)` are in it. */
type Counter = {
  readonly bucket: number;
  readonly from: number;
  to: number;
  readonly account: BucketAccount;
  sends: number;
};
type CountedTopic = { sequence: number; time: number; readonly counters: Map<number, Counter> };

/** A counter is among the messages so many times after it changed last: should one be lost without anyone being told. */
const repeats = 3;
/** Counters that a session keeps. Then a new session begins, which counts from nothing: 2.6 KB each. */
const maxCounters = 4_096;

export class ProducerAudit {
  readonly #identity: ProducerIdentity;
  readonly #newSession: () => string;
  readonly #scheme: AccountScheme;
  readonly #digest = new RecordDigest();
  #session: string;
  #template: Buffer;
  #topics = new Map<string, CountedTopic>();
  #counters = 0;
  /** Messages of a session that is over, until they were taken often enough. */
  #closing: { messages: AuditMessage[]; sends: number } = { messages: [], sends: repeats };

  /** `newSession` draws 16 hexadecimal digits, never the same twice. */
  constructor(identity: ProducerIdentity, newSession: () => string, scheme: AccountScheme = standardScheme) {
    this.#identity = identity;
    this.#newSession = newSession;
    this.#scheme = scheme;
    this.#session = newSession();
    this.#template = this.#newTemplate();
  }

  /**
   * Names and counts a record; returns the headers to send it with: its own, and `millrace-audit` behind them. Everything else has to go out
   * as it was shown. `now`: when it is produced, ms since 1970; a clock that goes back is not followed.
   */
  stamp(topic: string, record: RecordToAudit, now: number): RecordHeaders {
    const counted = this.#topic(topic);
    counted.time = Math.max(counted.time, Math.floor(now));
    const headers = new Map(record.headers ?? []).set(auditHeader, this.#name(counted));
    this.#digest.readParts(record.key, record.value, headers, record.timestamp);
    const counter = this.#counter(counted);
    counter.account.add(this.#digest, record.timestamp, -1);
    counter.to = ++counted.sequence;
    counter.sends = repeats;
    return headers;
  }

  /** What has to be sent now: counters that changed, and those that were not sent often enough since; at the end, `all` of the session. */
  messages(all = false): AuditMessage[] {
    const messages = this.#closing.sends > 0 ? [...this.#closing.messages] : [];
    this.#closing.sends--;
    for (const [topic, { counters }] of this.#topics) {
      for (const counter of counters.values()) {
        if (counter.sends <= 0 && !all) continue;
        counter.sends--;
        messages.push(this.#message(topic, counter));
      }
    }
    return messages;
  }

  #name({ sequence, time }: CountedTopic): Buffer {
    const name = Buffer.from(this.#template);
    name.writeUIntBE(sequence, identityLayout.sequence, 6);
    name.writeUIntBE(time, identityLayout.time, 6);
    return name;
  }

  #topic(name: string): CountedTopic {
    if (this.#counters >= maxCounters) this.#endSession();
    let counted = this.#topics.get(name);
    if (counted === undefined) {
      counted = { sequence: 0, time: 0, counters: new Map() };
      this.#topics.set(name, counted);
    }
    return counted;
  }

  #counter({ sequence, time, counters }: CountedTopic): Counter {
    const bucket = bucketStart(time, this.#scheme.bucketMs);
    let counter = counters.get(bucket);
    if (counter === undefined) {
      const account = new BucketAccount(this.#scheme);
      counter = { bucket, from: sequence, to: sequence, account, sends: 0 };
      counters.set(bucket, counter);
      this.#counters++;
    }
    return counter;
  }

  #endSession(): void {
    const messages = [...this.#topics].flatMap(([topic, { counters }]) =>
      [...counters.values()].map((counter) => this.#message(topic, counter)),
    );
    const unsent = this.#closing.sends === repeats ? this.#closing.messages : [];
    this.#closing = { messages: [...unsent, ...messages], sends: repeats };
    this.#topics = new Map();
    this.#counters = 0;
    this.#session = this.#newSession();
    this.#template = this.#newTemplate();
  }

  /** The header of the session's records, but for sequence and time. */
  #newTemplate(): Buffer {
    return encodeIdentity({ ...this.#identity, session: this.#session, sequence: 0, time: 0 });
  }

  #message(topic: string, { bucket, from, to, account }: Counter): AuditMessage {
    assert(
      to - from === account.count,
      () => `counter of ${topic}: ${account.count} records in sequences ${from} to ${to}`,
    );
    const value = encodeSegment({ scheme: this.#scheme, from, to, gaps: [], buckets: new Map([[bucket, account]]) });
    return {
      key: encodeAuditKey({ kind: 'counter', ...this.#identity, session: this.#session, topic, bucket }),
      value,
    };
  }
}

/** Of a counter that was sent several times, the one that has counted most. */
export type CountedBucket = Readonly<{ from: number; to: number; account: BucketAccount }>;

export function laterCount(a: CountedBucket, b: CountedBucket): CountedBucket {
  return b.account.count > a.account.count ? b : a;
}
