/** A catalogue like the one that ships, for tests of words: fixed here, so that a new alias there changes no expectation. */
import type { IntentContext, KnownJob } from '../../../src/model/intent.ts';

const topic = { name: 'topic', type: 'topic', description: 'The topic that is read' };
const window = { name: 'window', type: 'duration', description: 'The length of a window' };

function job(
  name: string,
  aliases: readonly string[],
  description: string,
  parameters: KnownJob['parameters'],
): KnownJob {
  return { name, aliases, description, parameters };
}

const jobs: readonly KnownJob[] = [
  job(
    'content-events',
    ['content event processor', 'content events', 'sự kiện nội dung'],
    'Counts what content is seen',
    [topic, window],
  ),
  job('video-events', ['video event processor', 'video events', 'sự kiện video'], 'Watch time per video', [
    topic,
    window,
  ]),
  job(
    'creator-analytics',
    ['creator analytics', 'creator stats', 'phân tích nhà sáng tạo'],
    'Views and likes per creator',
    [topic, window],
  ),
  job(
    'social-engagement',
    ['engagement', 'social network engagement', 'tương tác mạng xã hội'],
    'Engagement per post',
    [topic, window],
  ),
  job(
    'iot-anomalies',
    ['iot sensor anomalies', 'sensor anomalies', 'bất thường cảm biến'],
    'Sensors out of their range',
    [topic, window, { name: 'threshold', type: 'double', description: 'Deviations that count as an anomaly' }],
  ),
  job('gpu-temperature', ['gpu heat', 'gpu temperatures', 'nhiệt độ gpu'], 'The highest temperature per GPU', [
    topic,
    window,
    { name: 'max_temperature', type: 'integer', description: 'Degrees Celsius that raise an alert' },
  ]),
  job('predictive-maintenance', ['maintenance prediction', 'bảo trì dự đoán'], 'Machines that will fail', [
    topic,
    window,
  ]),
  job('ecommerce-behaviour', ['e-commerce behaviour', 'shop behaviour', 'hành vi mua sắm'], 'Carts and purchases', [
    topic,
    window,
  ]),
  job('payment-risk', ['payment fraud', 'risk of payments', 'rủi ro thanh toán'], 'Payments that look wrong', [
    topic,
    { name: 'limit', type: 'integer', description: 'Payments a minute and card' },
    { name: 'api_key', type: 'secret', description: 'Of the scoring service' },
  ]),
];

/** Nothing runs. */
export const idle: IntentContext = {
  jobs,
  environments: ['dev', 'staging', 'production'],
  defaultEnvironment: 'dev',
  running: [],
};

/** One job runs: “it” has a meaning. */
export const busy: IntentContext = { ...idle, running: [{ job: 'content-events', environment: 'dev' }] };

/** Two run in one environment, a third in another. */
export const crowded: IntentContext = {
  ...idle,
  running: [
    { job: 'video-events', environment: 'dev' },
    { job: 'content-events', environment: 'dev' },
    { job: 'payment-risk', environment: 'production' },
  ],
};

/** No environment where none is said. */
const placeless: IntentContext = { ...idle, defaultEnvironment: null };

/** Other jobs, other environments: what is learned from the first must not be needed here. */
const warehouse: IntentContext = {
  jobs: [
    job('orders-daily', ['daily orders'], 'Orders of a day', [window]),
    job('orders-hourly', ['hourly orders'], 'Orders of an hour', [window]),
    job('clickstream-sessions', ['web sessions'], 'Visits to the site', [
      { name: 'gap', type: 'duration', description: 'Ends a visit' },
    ]),
    job('fraud-scoring', [], 'Scores payments', []),
    job('fleet-location', ['truck positions'], 'Where trucks are', [topic]),
  ],
  environments: ['qa', 'prod'],
  defaultEnvironment: 'qa',
  running: [{ job: 'fraud-scoring', environment: 'prod' }],
};

export const contexts = { idle, busy, crowded, placeless, warehouse } as const;
export type ContextName = keyof typeof contexts;
