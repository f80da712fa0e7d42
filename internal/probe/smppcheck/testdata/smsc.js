// A short message centre for tests, on the npm package smpp. What becomes of a
// message follows from the last two digits of the number that it goes to.
const smpp = require('smpp');

let count = 0, open = 0;
const receipt = (session, pdu, id, state, code, tlv) => session.deliver_sm({
  source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
  ...(tlv ? { receipted_message_id: id, message_state: code, short_message: '' }
    : { short_message: `id:${id} sub:001 dlvrd:001 submit date:2611261200 done date:2611261200 stat:${state} err:000 text:Outcry` }),
});

const server = smpp.createServer((session) => {
  open++;
  session.on('close', () => { open--; });
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    const ok = pdu.system_id === 'outcry' && pdu.password === 'secret';
    session.send(pdu.response(ok ? { system_id: 'testcentre' } : { command_status: smpp.ESME_RINVPASWD }));
    console.log(ok ? 'bound' : 'refused');
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { console.log('unbound'); session.send(pdu.response()); });
  session.on('submit_sm', (pdu) => {
    const id = `0A${(++count).toString(16).toUpperCase()}`;
    const fate = pdu.destination_addr.slice(-2);
    const taken = () => session.send(pdu.response({ message_id: id }));
    switch (fate) {
      case '01': taken(); receipt(session, pdu, id, 'DELIVRD'); break;
      case '02': taken(); receipt(session, pdu, id, 'DELIVRD', 2, true); break;
      case '03': taken(); receipt(session, pdu, id, 'UNDELIV'); break;
      case '04': taken(); receipt(session, pdu, id, 'EXPIRED', 3, true); break;
      case '05': session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED })); break;
      case '06': session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR })); break;
      case '07': taken(); break;
      case '08': taken(); setTimeout(() => receipt(session, pdu, id, 'DELIVRD'), 200); break;
      case '09': taken(); receipt(session, pdu, id, 'REJECTD'); break;
      case '10': // before its response: a question, and the receipt of an older message
        session.enquire_link();
        receipt(session, pdu, '0B77', 'UNDELIV');
        taken();
        receipt(session, pdu, id, 'ENROUTE', 1, true);
        receipt(session, pdu, String(parseInt(id, 16)), 'DELIVRD'); // in decimal
        break;
      case '11': taken(); session.unbind(); break;
    }
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
// Its operator's question, on a signal: how many connections are open.
process.on('SIGUSR2', () => console.log(`open=${open} messages=${count}`));
