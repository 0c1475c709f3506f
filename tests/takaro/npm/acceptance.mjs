// What the published client does with a server, step by step; prints what it saw as one JSON object.
import { AdminClient, Client, isAxiosError } from '@takaro/apiclient';

const [url, clientSecret] = process.argv.slice(2);
const seen = {};

async function refused(call) {
  try {
    await call();
  } catch (error) {
    if (!isAxiosError(error) || !error.response) throw error;
    return { status: error.response.status, ...error.response.data.meta.error, data: error.response.data.data };
  }
  return { status: 200 };
}

const admin = new AdminClient({ url, auth: { clientSecret }, log: false });
await admin.waitUntilHealthy(60000);
const created = (await admin.domain.domainControllerCreate({ name: 'test-domain' })).data.data;
const domain = created.createdDomain.id;
seen.found = (await admin.domain.domainControllerSearch({ filters: { id: [domain] } })).data.data.map((d) => d.name);

const client = new Client({
  url,
  auth: { username: created.rootUser.email, password: created.password },
  log: false,
});
await client.login();
seen.me = (await client.user.userControllerMe()).data.data.domain === domain;

const permissions = await client.permissionCodesToInputs(['READ_USERS', 'READ_ROLES']);
const role = (await client.role.roleControllerCreate({ name: 'Helper', permissions })).data.data;
seen.role = (await client.role.roleControllerGetOne(role.id)).data.data.name;
seen.permissions = role.permissions.map((one) => one.permission.permission).sort();
seen.roles = (
  await client.role.roleControllerSearch({ search: { name: ['help'] }, extend: ['permissions'] })
).data.data.map((one) => one.name);
seen.renamed = (await client.role.roleControllerUpdate(role.id, { name: 'Helpers' })).data.data.name;

const account = { name: 'John Doe', email: 'john@example.com', password: 'correct horse battery staple' };
const user = (await client.user.userControllerCreate(account)).data.data;
await client.user.userControllerAssignRole(user.id, role.id);
// The published example of a search, whole.
const search = {
  filters: { email: ['john@example.com'] },
  search: { name: ['John'] },
  page: 1,
  limit: 5,
  extend: ['roles', 'gameServers'],
};
const users = (await client.user.userControllerSearch(search)).data;
seen.users = users.data.map((one) => [one.name, one.roles.map((held) => held.role.name), one.gameServers]);
seen.total = users.meta.total;
seen.everybody = (await client.user.userControllerSearch()).data.meta.total;

const other = new Client({ url, auth: { username: account.email, password: account.password }, log: false });
await other.login();
seen.other = (await other.user.userControllerMe()).data.data.user.name;
seen.forbidden = await refused(() => other.role.roleControllerCreate({ name: 'Mine', permissions: [] }));
seen.invalid = await refused(() => client.role.roleControllerSearch({ filters: { bogus: ['x'] } }));
seen.page = await refused(() => client.user.userControllerSearch({ page: 0 }));
seen.clash = await refused(() => client.user.userControllerCreate(account));

const variable = (await client.variable.variableControllerCreate({ key: 'greeting', value: 'hello' })).data.data;
seen.variable = (await client.variable.variableControllerUpdate(variable.id, { value: 'bye' })).data.data.value;
seen.variables = (await client.variable.variableControllerSearch({ filters: { key: ['greeting'] } })).data.data.length;
await client.variable.variableControllerDelete(variable.id);
seen.gone = (await refused(() => client.variable.variableControllerFindOne(variable.id))).code;

seen.setting = (await client.settings.settingsControllerSet('commandPrefix', { value: '!' })).data.data;
seen.settings = (await client.settings.settingsControllerGet(['commandPrefix'])).data.data;
await client.settings.settingsControllerDelete('commandPrefix');
seen.reset = (await client.settings.settingsControllerGetOne('commandPrefix')).data.data.type;

const token = (await admin.domain.domainControllerGetToken({ domainId: domain })).data.data.token;
const robot = new Client({ url, auth: { token }, log: false });
seen.events = (
  await robot.event.eventControllerSearch({ filters: { eventName: ['GlobalParameterAdded'] } })
).data.data.map((one) => one.actingUserId === created.rootUser.id);
seen.csv = (await robot.event.eventControllerExport({})).data.split('\n')[0].trim();

client.setHeader('X-Takaro-Domain', domain);
seen.chosen = (await client.user.userControllerSearch()).data.meta.total;
client.setHeader('X-Takaro-Domain', 'default');
seen.foreign = await refused(() => client.user.userControllerSearch());
client.setHeader('X-Takaro-Domain', domain);

await client.user.userControllerRemoveRole(user.id, role.id);
await client.role.roleControllerRemove(role.id);
await client.user.userControllerRemove(user.id);
seen.left = (await refused(() => other.user.userControllerMe())).status;

await admin.domain.domainControllerUpdate(domain, { state: 'DISABLED' });
seen.disabled = await refused(() => client.user.userControllerMe());
await admin.domain.domainControllerUpdate(domain, { state: 'ACTIVE' });
await client.user.userControllerLogout();
seen.loggedOut = (await refused(() => client.user.userControllerMe())).code;
await admin.domain.domainControllerRemove(domain);
await admin.axiosInstance.delete(`/domain/${domain}`, { params: { hardDelete: true } });
seen.removed = (await refused(() => admin.domain.domainControllerGetOne(domain))).code;

console.log(JSON.stringify(seen));
