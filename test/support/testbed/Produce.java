import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes one record batch with Kafka's own client, for golden files: arguments are bootstrap, topic, compression. Twenty records, so that
 * they compress, with keys, nulls and headers where test/kafka/java-batches.test.ts expects them.
 */
public class Produce {
  public static void main(String[] args) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", args[0], "compression.type", args[2], "linger.ms", "1000",
        "batch.size", "1000000", "enable.idempotence", "false");
    try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < 20; i++) {
        byte[] key = i % 3 == 0 ? null : ("key-" + i % 4).getBytes(StandardCharsets.UTF_8);
        byte[] value = i == 7 ? null : ("{\"id\":" + i + ",\"text\":\"again and again and again\"}").getBytes(StandardCharsets.UTF_8);
        var record = new ProducerRecord<>(args[1], 0, 1700000000000L + i * 1000 - (i == 5 ? 9000 : 0), key, value);
        if (i == 9) record.headers().add("trace", new byte[] {1, 2, 3}).add("empty", null);
        producer.send(record);
      }
    }
  }
}
