import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads two topics with Kafka's own client and holds them side by side: offset, timestamp, key, value and headers of every record. Arguments
 * are bootstrap and topic of each, and the number of partitions. Prints how many records are equal; fails at the first that is not.
 */
public class CompareTopics {
  public static void main(String[] args) {
    long equal = 0;
    try (var source = new Side(args[0], args[1]); var copy = new Side(args[2], args[3])) {
      for (int partition = 0; partition < Integer.parseInt(args[4]); partition++) {
        source.open(partition);
        copy.open(partition);
        if (source.end != copy.end) throw new IllegalStateException("partition " + partition + " ends at " + source.end + " and " + copy.end);
        for (var record = source.next(); record != null; record = source.next(), equal++) compare(record, copy.next());
      }
    }
    System.out.println(equal);
  }

  static void compare(ConsumerRecord<byte[], byte[]> one, ConsumerRecord<byte[], byte[]> other) {
    boolean same = other != null && one.offset() == other.offset() && one.timestamp() == other.timestamp()
        && one.timestampType() == other.timestampType() && Arrays.equals(one.key(), other.key())
        && Arrays.equals(one.value(), other.value()) && one.headers().equals(other.headers());
    if (!same) throw new IllegalStateException("partition " + one.partition() + ": not the same\n" + one + "\n" + other);
  }

  static class Side implements AutoCloseable {
    final KafkaConsumer<byte[], byte[]> consumer;
    final String topic;
    final ArrayDeque<ConsumerRecord<byte[], byte[]>> fetched = new ArrayDeque<>();
    long end;
    TopicPartition partition;

    Side(String bootstrap, String topic) {
      this.topic = topic;
      Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "none", "enable.auto.commit", "false",
          "max.poll.records", "5000", "max.partition.fetch.bytes", "8388608", "fetch.max.bytes", "8388608");
      consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    void open(int number) {
      partition = new TopicPartition(topic, number);
      consumer.assign(List.of(partition));
      consumer.seek(partition, 0);
      end = consumer.endOffsets(List.of(partition)).get(partition);
    }

    /** Null behind the last record of the partition. */
    ConsumerRecord<byte[], byte[]> next() {
      while (fetched.isEmpty()) {
        if (consumer.position(partition) >= end) return null;
        consumer.poll(Duration.ofSeconds(1)).forEach(fetched::add);
      }
      return fetched.poll();
    }

    @Override
    public void close() {
      consumer.close();
    }
  }
}
