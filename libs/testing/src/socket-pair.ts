import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Both ends of a TCP connection on loopback: the server's, and the client's. Whoever asks for them destroys them. */
export async function socketPair(): Promise<[accepted: Socket, client: Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepting = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = await accepting;
  // It takes nobody else; the connection stays.
  server.close();
  return [accepted, client];
}
