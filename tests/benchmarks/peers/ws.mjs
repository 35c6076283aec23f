// The npm package ws. node ws.mjs PORT plain|prepared
//
// plain: ws.send() to each. prepared: framed once; all messages of one turn of the loop leave in one write for each.
import { Buffer } from "node:buffer";
import process from "node:process";
import { Sender, WebSocketServer } from "ws";

const [port, mode] = process.argv.slice(2);
const subscribers = new Set();
let pending = [];

function frame(data) {
  return Buffer.concat(Sender.frame(data, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }));
}

function flush() {
  const bytes = pending.length === 1 ? pending[0] : Buffer.concat(pending);
  pending = [];
  for (const subscriber of subscribers) subscriber._socket.write(bytes);
}

function plain(data) {
  const text = data.toString();
  for (const subscriber of subscribers) subscriber.send(text);
}

function prepared(data) {
  pending.push(frame(data));
  if (pending.length === 1) setImmediate(flush);
}

const publish = mode === "plain" ? plain : prepared;
const server = new WebSocketServer({ port: Number(port), host: "127.0.0.1", perMessageDeflate: false, backlog: 4096 });
server.on("connection", (socket, request) => {
  if (request.url === "/pub") {
    socket.on("message", publish);
    return;
  }
  subscribers.add(socket);
  socket.on("close", () => subscribers.delete(socket));
});
