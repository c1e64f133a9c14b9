// An AMQP 1.0 client, rhea's, that is told what to do by lines of JSON, and says what it hears in lines of JSON.
'use strict';
const readline = require('readline');
const rhea = require('rhea');

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const bodies = {
    text: (words) => words,
    data: (words) => rhea.message.data_section(Buffer.from(words)),
    map: (words) => rhea.types.wrap_map({text: words, count: 3}),
    list: (words) => rhea.types.wrap_list([words, 4.5, true]),
    nothing: () => null,
};
const inText = (body) => {
    if (body && body.typecode === 0x75) // a data section
        return (Array.isArray(body.content) ? Buffer.concat(body.content) : body.content).toString();
    return Buffer.isBuffer(body) ? body.toString() : body;
};

const connection = rhea.connect(JSON.parse(process.argv[2]));
const senders = {};
const waiting = {};

function flush(address) {
    const sender = senders[address];
    while (sender.sendable() && waiting[address].length > 0)
        sender.send(waiting[address].shift());
}

connection.on('message', (context) => {
    const {body, data_section: _, ...message} = context.message;
    say({heard: inText(body), data: Boolean(body && body.typecode === 0x75), by: context.receiver.source.address, ...message});
});
connection.on('sendable', (context) => flush(context.sender.target.address));
connection.on('receiver_open', (context) => say({reads: context.receiver.source.address}));
connection.on('accepted', () => say({accepted: true}));
for (const failure of ['connection_error', 'session_error', 'receiver_error', 'sender_error', 'rejected'])
    connection.on(failure, (context) => say({failure, why: String(context.error || failure)}));
connection.on('disconnected', () => process.exit(0));

readline.createInterface({input: process.stdin}).on('line', (line) => {
    const {read, send, body, kind, ...message} = JSON.parse(line);
    if (read)
        return connection.open_receiver({source: read, credit_window: 200});
    (waiting[send] = waiting[send] || []).push({...message, body: bodies[kind || 'text'](body)});
    if (!senders[send])
        senders[send] = connection.open_sender(send);
    flush(send);
}).on('close', () => connection.close());
