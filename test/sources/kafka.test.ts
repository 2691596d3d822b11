import { describeKafkaSource } from '../support/kafka-source-suite.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';

describeWithJava('kafka source', () => describeKafkaSource('native'));
