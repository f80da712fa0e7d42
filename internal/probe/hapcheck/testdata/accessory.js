// A lamp for the tests: node accessory.js PORT FOLDER [MODE-FILE [BULBS [ADDRESS]]]
// Of several bulbs, the others do no more than be switched.
// What it does wrong is the word in the mode file, read at each request.
const fs = require("fs");
const hap = require("hap-nodejs");
const [port, folder, modeFile, bulbs, address] = process.argv.slice(2);
const mode = () => { try { return fs.readFileSync(modeFile, "utf8").trim(); } catch { return ""; } };

hap.HAPStorage.setCustomStoragePath(folder);
const lamp = new hap.Accessory("Lamp", hap.uuid.generate("outcry.test.lamp"));
const bulb = lamp.addService(hap.Service.Lightbulb, "Lamp");
const values = { on: false, brightness: 40 };
const never = () => new Promise(() => {});

function serve(characteristic, key) {
  bulb.getCharacteristic(characteristic)
    .onGet(async () => {
      if (mode() === "no-response") throw new hap.HapStatusError(hap.HAPStatus.SERVICE_COMMUNICATION_FAILURE);
      if (mode() === "stall-read") await never();
      return values[key];
    })
    .onSet(async (value) => {
      if (mode() === "no-response-to-write") throw new hap.HapStatusError(hap.HAPStatus.SERVICE_COMMUNICATION_FAILURE);
      if (mode() === "stall-write") { fs.writeFileSync(modeFile, ""); values[key] = value; await never(); }
      if (mode() !== "stuck") values[key] = value;
      console.log("SET", key, value);
    });
}
serve(hap.Characteristic.On, "on");
serve(hap.Characteristic.Brightness, "brightness");

for (let i = 1; i < Number(bulbs || 1); i++) {
  const on = lamp.addService(hap.Service.Lightbulb, `Bulb ${i}`, String(i)).getCharacteristic(hap.Characteristic.On);
  on.onSet(() => {});
}

lamp.publish({
  username: "AA:BB:CC:DD:EE:01", pincode: "031-45-154", port: Number(port), bind: address || "127.0.0.1",
  category: hap.Categories.LIGHTBULB,
}).then(() => {
  const send = lamp._server.sendEventNotifications.bind(lamp._server);
  lamp._server.sendEventNotifications = (...args) => { if (mode() !== "mute") send(...args); };
  lamp.on("paired", () => console.log("PAIRED"));
  lamp.on("unpaired", () => console.log("UNPAIRED"));
  for (const s of lamp.services) {
    for (const c of s.characteristics) if (c instanceof hap.Characteristic.On) console.log(`BULB 1.${c.iid}`);
  }
  console.log("READY");
});
process.on("SIGTERM", () => process.exit(0));
// Its operator's question, on a signal: who is connected and paired.
process.on("SIGUSR2", () => console.log(`connections=${lamp._server.httpServer.connections.size} pairings=${Object.keys(lamp._accessoryInfo.pairedClients).length}`));
