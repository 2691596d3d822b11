import { describeKafkaSource } from '../support/kafka-source-suite.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { describeWithLibrdkafka } from '../support/testbed/describe-with-librdkafka.ts';

describeWithLibrdkafka('kafka source over librdkafka', () => {
  describeWithJava('kafka source over librdkafka', () => describeKafkaSource('librdkafka'));
});
