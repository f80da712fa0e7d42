// Reads every document through the statuspage.io package, as a program of its
// users would, and prints what it got as one JSON object. The package builds
// its address from the ID of a hosted page; that alone is changed.
const { Statuspage } = require("statuspage.io");
(async () => {
  const client = new Statuspage("ours");
  client.apiClient.defaults.baseURL = process.argv[2];
  const { api } = client;
  console.log(JSON.stringify({
    summary: await api.getSummary(),
    status: await api.getStatus(),
    components: await api.getComponents(),
    incidents: await api.incidents.getAll(),
    unresolved: await api.incidents.getUnresolved(),
    upcoming: await api.scheduledMaintenances.getUpcoming(),
  }));
})().catch((e) => { console.error(e.message); process.exit(1); });
