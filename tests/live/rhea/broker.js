// A broker of topics in memory for AMQP 1.0, on rhea: with durable subscriptions, which RabbitMQ's plugin lacks, and with
// faults on demand. Told what to do by lines of JSON, says what happens in lines of JSON.
'use strict';
const net = require('net');
const readline = require('readline');
const rhea = require('rhea');

const [port, prefix] = [Number(process.argv[2]), process.argv[3]];
const mostDeliveries = 5; // then a message is dropped, as brokers do
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');

const container = rhea.create_container({id: 'stand-in'});
container.sasl_server_mechanisms.enable_plain((name, word) => name === 'guest' && word === 'guest');
container.sasl_server_mechanisms.enable_anonymous();

const subscriptions = new Map(); // by container and link name
const receivers = new Set();
const sockets = new Set();
const refused = new Set();
const outcomes = []; // of the next messages, in place of accepted
let isDeaf = false; // to what is said of messages, as where a connection ends before that comes

const words = (address) => address.slice(address.startsWith(prefix) ? prefix.length : 0).replace(/\/Subscriptions\/.*/, '').split('.');

function matches(filter, address) {
    if (filter.length === 0)
        return address.length === 0;
    if (filter[0] === '#' || filter[0] === '>')
        return matches(filter.slice(1), address) || (address.length > 0 && matches(filter, address.slice(1)));
    return address.length > 0 && (filter[0] === '*' || filter[0] === address[0]) && matches(filter.slice(1), address.slice(1));
}

function pump(subscription) {
    const {link, waiting, unsettled} = subscription;
    while (link && link.sendable() && waiting.length > 0) {
        const item = waiting.shift();
        if (++item.deliveries > mostDeliveries) {
            say({dropped: item.raw ? 'raw' : item.message.body});
            continue;
        }
        const delivery = item.raw ? link.send(item.raw, undefined, 0)
                                  : link.send({...item.message, delivery_count: item.deliveries - 1});
        if (!delivery.settled)
            unsettled.set(delivery, item);
    }
}

/// What was not settled goes again, first.
function lose(subscription) {
    subscription.waiting.unshift(...subscription.unsettled.values());
    subscription.unsettled.clear();
    subscription.link = null;
}

function publish(item, address) {
    for (const subscription of subscriptions.values())
        if (matches(words(subscription.address), words(address))) {
            subscription.waiting.push({...item, deliveries: 0});
            pump(subscription);
        }
}

const subscriptionOf = (link) => [...subscriptions.values()].find((each) => each.link === link);

container.on('connection_open', (context) => say({connected: context.connection.container_id}));
container.on('sender_open', (context) => {
    const {sender, connection} = context, {source} = sender;
    const capabilities = [].concat(source.capabilities || []).map(String);
    const isDurable = String(source.expiry_policy) === 'never';
    say({subscribes: source.address, name: sender.name, container: connection.container_id, durable: isDurable, capabilities});
    if (refused.has(source.address))
        return sender.close({condition: 'amqp:unauthorized-access', description: 'not for you'});
    const key = `${connection.container_id} ${sender.name}`;
    if (!subscriptions.has(key))
        subscriptions.set(key, {address: source.address, waiting: [], unsettled: new Map()});
    lose(subscriptions.get(key)); // of a connection whose end was not seen yet
    Object.assign(subscriptions.get(key), {link: sender, isDurable, key, connection});
    sender.set_source({address: source.address, durable: source.durable, expiry_policy: source.expiry_policy});
});
// Later: rhea writes what is sent in the same turn before its answer to the attach.
container.on('sendable', ({sender}) => setImmediate(() => {
    const subscription = subscriptionOf(sender);
    if (subscription)
        pump(subscription);
}));
for (const outcome of ['accepted', 'rejected', 'released', 'modified'])
    container.on(outcome, ({sender, delivery}) => {
        const subscription = subscriptionOf(sender);
        const item = subscription && subscription.unsettled.get(delivery);
        if (!item || isDeaf)
            return;
        subscription.unsettled.delete(delivery);
        if (outcome === 'released' || outcome === 'modified')
            subscription.waiting.unshift(item);
        pump(subscription);
    });
container.on('sender_close', ({sender}) => {
    const subscription = subscriptionOf(sender);
    if (!subscription)
        return;
    lose(subscription);
    if (sender.remote.detach.closed || !subscription.isDurable)
        subscriptions.delete(subscription.key);
});
const forget = ({connection}) => {
    for (const receiver of receivers)
        if (receiver.connection === connection)
            receivers.delete(receiver);
    for (const subscription of subscriptions.values())
        if (subscription.connection === connection) {
            lose(subscription);
            if (!subscription.isDurable)
                subscriptions.delete(subscription.key);
        }
};
container.on('disconnected', forget);
container.on('connection_close', forget);
container.on('receiver_open', ({receiver}) => {
    const capabilities = [].concat(receiver.target.capabilities || []).map(String);
    say({publishes: receiver.target.address, capabilities});
    if (refused.has(receiver.target.address))
        return receiver.close({condition: 'amqp:unauthorized-access', description: 'not for you'});
    receiver.set_target({address: receiver.target.address});
    receivers.add(receiver);
});
container.on('receiver_close', ({receiver}) => receivers.delete(receiver));
container.on('message', ({receiver, message, delivery}) => {
    const outcome = outcomes.shift();
    if (outcome === 'rejected')
        return delivery.reject({condition: 'amqp:internal-error', description: 'not today'});
    if (outcome === 'released')
        return delivery.release({delivery_failed: false});
    if (outcome === 'modified')
        return delivery.modified({delivery_failed: true});
    if (outcome === 'closed')
        return receiver.close({condition: 'amqp:resource-deleted', description: 'the topic went'});
    delivery.accept();
    publish({message}, receiver.target.address);
});
for (const failure of ['connection_error', 'session_error', 'sender_error', 'receiver_error', 'error'])
    container.on(failure, (context) => say({failure, why: String(context.error || context)}));
process.on('uncaughtException', (error) => say({failure: 'uncaught', why: String(error.stack || error)}));

const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    container.create_connection({autoaccept: false, receiver_options: {autoaccept: false}, sender_options: {autosettle: true}}).accept(socket);
});
server.listen(port, '127.0.0.1', () => say({listening: port}));

const commands = {
    refuse: (address) => refused.add(address),
    permit: (address) => refused.delete(address),
    outcomes: (list) => outcomes.push(...list),
    raw: (address, {hex}) => publish({raw: Buffer.from(hex, 'hex')}, address),
    close: (address) => {
        for (const subscription of subscriptions.values())
            if (subscription.address === address && subscription.link)
                subscription.link.close({condition: 'amqp:resource-deleted', description: 'it went'});
    },
    deaf: (is) => { isDeaf = is; },
    cut: () => sockets.forEach((socket) => socket.destroy()),
    list: () => say({subscriptions: [...subscriptions.values()].map(({address, isDurable, link, waiting, unsettled, key}) => (
        {address, isDurable, isRead: Boolean(link), waiting: waiting.length, unsettled: unsettled.size, key}))}),
    // Service Bus does so to links that nobody used for some minutes.
    idle: () => {
        const links = [...subscriptions.values()].map(({link}) => link).filter(Boolean);
        for (const link of [...links, ...receivers]) {
            link.local.detach.error = {condition: 'amqp:link:detach-forced', description: 'idle'};
            link.detach();
        }
    },
};
readline.createInterface({input: process.stdin}).on('line', (line) => {
    const told = JSON.parse(line);
    const name = Object.keys(told)[0];
    commands[name](told[name], told);
    say({done: name});
}).on('close', () => process.exit(0));
