import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.broker.BrokerService;

/** An ActiveMQ broker (`broker OPENWIRE_PORT MQTT_PORT`), or a JMS client (`client URL`) that is told what to do, a line each. */
public class Jms {
    public static void main(String[] words) throws Exception {
        if (words[0].equals("broker"))
            serve(words[1], words[2]);
        else
            follow(new ActiveMQConnectionFactory(words[1]).createConnection());
    }

    private static void serve(String openwire, String mqtt) throws Exception {
        BrokerService broker = new BrokerService();
        broker.setPersistent(false);
        broker.setUseJmx(false);
        broker.addConnector("tcp://127.0.0.1:" + openwire);
        broker.addConnector("mqtt://127.0.0.1:" + mqtt);
        broker.start();
        broker.waitUntilStopped();
    }

    private static void follow(Connection connection) throws Exception {
        connection.start();
        Session consumers = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Session producers = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = producers.createProducer(null);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = commands.readLine()) != null;) {
            String[] words = line.split(" ", 3);  // what, topic, text
            if (words[0].equals("consume"))
                consumers.createConsumer(consumers.createTopic(words[1])).setMessageListener(Jms::print);
            else
                producer.send(producers.createTopic(words[1]), make(producers, words[0], words[2]));
            say("done " + line);
        }
        connection.close();
    }

    private static Message make(Session session, String kind, String text) throws Exception {
        if (kind.equals("map")) {
            MapMessage map = session.createMapMessage();
            map.setString("text", text);
            return map;
        }
        if (kind.equals("bytes")) {
            BytesMessage bytes = session.createBytesMessage();
            bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            return bytes;
        }
        return session.createTextMessage(text);
    }

    private static void print(Message message) {
        try {
            String text = null;
            if (message instanceof TextMessage)
                text = ((TextMessage) message).getText();
            if (message instanceof BytesMessage) {
                byte[] bytes = new byte[(int) ((BytesMessage) message).getBodyLength()];
                ((BytesMessage) message).readBytes(bytes);
                text = new String(bytes, StandardCharsets.UTF_8);
            }
            say("heard " + text);
        } catch (Exception error) {
            say("failed " + error);
        }
    }

    private static synchronized void say(String text) {
        System.out.write((text + "\n").getBytes(StandardCharsets.UTF_8), 0, (text + "\n").getBytes(StandardCharsets.UTF_8).length);
        System.out.flush();
    }
}
