// socket.io over WebSocket only: emit to a room. node socketio.mjs PORT
import process from "node:process";
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, httpCompression: false });
io.on("connection", (socket) => {
  socket.on("pub", (message) => io.to("ch").emit("m", message));
  socket.join("ch");
});
http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
