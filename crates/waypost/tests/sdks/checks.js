// The official JavaScript SDK, as it is, against a Waypost server.
//
// Prints a line for each check and ends with 1 if one failed. The server's host and port are the arguments; the client's id and
// secret are in WAYPOST_CLIENT_ID and WAYPOST_CLIENT_SECRET.
'use strict';

const { isDeepStrictEqual } = require('node:util');
const sdk = require('purecloud-platform-client-v2');

let passed = 0;
const failed = [];

// One check: what was found must be what was expected.
function check(name, found, expected = true) {
  if (isDeepStrictEqual(found, expected)) {
    passed += 1;
    console.log(`ok ${name}`);
  } else {
    failed.push(name);
    console.log(`FAILED ${name}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}

// The call must fail with a body that has this status and code; answers the body.
async function refused(name, status, code, call) {
  try {
    check(name, `it answered ${JSON.stringify(await call())}`, [status, code]);
    return {};
  } catch (error) {
    check(name, [error && error.status, error && error.code], [status, code]);
    check(`${name}: every error has its parts`, Boolean(error && error.message && error.contextId && error.errors && error.errors.length));
    return error;
  }
}

async function main() {
  const [host, port] = process.argv.slice(2);
  const [identity, secret] = [process.env.WAYPOST_CLIENT_ID, process.env.WAYPOST_CLIENT_SECRET];
  const client = sdk.ApiClient.instance;
  client.setGateway({ host, protocol: 'http', port: Number(port) });

  // --- login
  await refused('no token', 401, 'authentication.required', () => new sdk.ArchitectApi().getFlows());
  // The SDK rejects a login with the error of its HTTP client.
  const wrong = await client.loginClientCredentialsGrant(identity, 'wrong').catch((error) => error);
  check('a wrong secret', [wrong.status, wrong.response.data.error], [401, 'invalid_client']);
  const login = await client.loginClientCredentialsGrant(identity, secret);
  check('login gives a token', login.accessToken.length > 20);
  check('that ends', login.tokenExpiryTime > Date.now());
  const architect = new sdk.ArchitectApi();
  const routing = new sdk.RoutingApi();
  const conversations = new sdk.ConversationsApi();
  const oauth = new sdk.OAuthApi();

  // --- flows
  const shared = await architect.postFlows({
    name: 'Shared Email Processor',
    type: 'COMMONMODULE',
    inputs: [{ name: 'emailBody', dataType: 'string' }],
    outputs: [{ name: 'processedResult', dataType: 'string' }],
    nodes: [{ id: 'a', actions: [{ type: 'setOutput', name: 'processedResult', value: '${input.emailBody}' }] }],
  });
  check('a flow is made', [shared.name, shared.type, shared.active], ['Shared Email Processor', 'COMMONMODULE', true]);
  check('its version', [shared.publishedVersion.id, typeof shared.publishedVersion.dateCreated], ['1.0', 'number']);
  const queue = await routing.postRoutingQueues({ name: 'Billing' });
  check('a queue is made', queue.name, 'Billing');
  const inbound = await architect.postFlows({ name: 'Inbound Email Router', type: 'INBOUNDEMAIL' });
  check('a flow without content', [inbound.active, 'publishedVersion' in inbound], [false, false]);
  await refused('a name that is taken', 409, 'architect.object.already.exists', () =>
    architect.postFlows({ name: 'INBOUND email router', type: 'INBOUNDEMAIL' }));
  const bad = await refused('a bad document', 400, 'flow.invalid', () =>
    architect.postFlows({ name: 'B', type: 'email', nodes: [{ id: 'a', next: [{ to: 'b' }] }] }));
  check('its place is told', bad.errors[0].path, 'nodes[0].next[0].to');
  const document = {
    name: 'Inbound Email Router',
    type: 'INBOUNDEMAIL',
    nodes: [{
      id: 'a',
      actions: [
        {
          type: 'runFlow',
          flowId: shared.id,
          inputMapping: [{ name: 'emailBody', value: '${interaction.email.body}' }],
          outputMapping: [{ name: 'found', value: '${output.processedResult}' }],
        },
        { type: 'setAttributes', attributes: { found: '${found}' } },
        { type: 'transferToQueue', queue: 'Billing', priority: 3 },
      ],
    }],
  };
  await refused('no content yet', 404, 'flow.no.config.available', () => architect.getFlowLatestconfiguration(inbound.id));
  const saved = await architect.postFlowVersions(inbound.id, document);
  check('a version is saved', [saved.id, saved.type], ['1.0', 'SAVE']);
  const operation = await architect.postFlowsActionsPublish(inbound.id, { version: '1.0' });
  check('published', [operation.complete, operation.actionName, operation.actionStatus], [true, 'PUBLISH', 'SUCCESS']);
  const got = await architect.getFlow(inbound.id);
  check('and read', [got.active, got.publishedVersion.id, got.nodes[0].actions.length], [true, '1.0', 3]);
  got.description = 'changed';
  const put = await architect.putFlow(inbound.id, got);
  check('what was read can be put back', [put.description, put.publishedVersion.id], ['changed', '1.0']);
  const versions = await architect.getFlowVersions(inbound.id);
  check('versions', [versions.total, versions.entities[0].id], [1, '1.0']);
  check('one version', (await architect.getFlowVersion(inbound.id, '1.0')).createdByClient.id, identity);
  const configuration = await architect.getFlowVersionConfiguration(inbound.id, '1.0');
  check('its configuration', configuration.nodes[0].actions[0].flowId, shared.id);
  check('the latest configuration', await architect.getFlowLatestconfiguration(inbound.id), configuration);
  await refused('no such version', 404, 'architect.flow.version.missing', () => architect.getFlowVersion(inbound.id, '9.0'));
  await refused('an unknown flow', 404, 'architect.flow.not.found', () => architect.getFlow('nonsense'));

  // --- lists
  const names = async (options) => (await architect.getFlows(options)).entities.map((flow) => flow.name);
  check('by name', await names({ sortBy: 'name' }), ['Inbound Email Router', 'Shared Email Processor']);
  check('the other way', await names({ sortBy: 'name', sortOrder: 'desc' }), ['Shared Email Processor', 'Inbound Email Router']);
  check('by types', await names({ type: ['commonmodule', 'voice'] }), ['Shared Email Processor']);
  check('by ids', (await names({ id: [shared.id, inbound.id] })).length, 2);
  check('by part of a name', await names({ name: 'inbound*' }), ['Inbound Email Router']);
  check('by description', await names({ description: 'changed' }), ['Inbound Email Router']);
  check('by either', await names({ nameOrDescription: 'processor' }), ['Shared Email Processor']);
  const page = await architect.getFlows({ pageSize: 1, pageNumber: 2 });
  check('a page', [page.entities.length, page.total, page.pageCount, page.pageNumber], [1, 2, 2, 2]);
  check('past the end', (await architect.getFlows({ pageNumber: 9 })).entities, []);
  const schemas = (await architect.getFlows({ includeSchemas: true, name: 'shared*' })).entities[0];
  check('with schemas', schemas.inputSchema.properties, { emailBody: { type: 'string' } });
  check('division views', (await architect.getFlowsDivisionviews({ sortBy: 'name' })).entities[0].name, 'Inbound Email Router');
  check('a look-up', (await architect.getFlowsLookup([shared.id])).entities[0].id, shared.id);
  await refused('a bad sort', 400, 'invalid.value', () => architect.getFlows({ sortBy: 'colour' }));

  // --- check out and in
  check('checked out', (await architect.postFlowsActionsCheckout(inbound.id)).lockedClient.id, identity);
  check('checked in', (await architect.postFlowsActionsCheckin(inbound.id)).actionName, 'CHECKIN');
  await architect.postFlowsActionsCheckout(inbound.id);
  await architect.postFlowVersions(inbound.id, { ...document, nodes: [] });
  check('reverted', 'lockedClient' in (await architect.postFlowsActionsRevert(inbound.id)), false);
  check('to what it was', (await architect.getFlowLatestconfiguration(inbound.id)).nodes, configuration.nodes);
  await architect.postFlowsActionsCheckout(inbound.id);
  check('unlocked', 'lockedClient' in (await architect.postFlowsActionsUnlock(inbound.id)), false);
  const history = await architect.postFlowHistory(inbound.id);
  const listing = await architect.getFlowHistoryHistoryId(inbound.id, history.id, { action: ['checkin', 'revert'] });
  check('a history', listing.entities.map((entry) => entry.action), ['REVERT', 'CHECKIN']);

  // --- domains, routes, dependencies
  check('a domain', (await routing.postRoutingEmailDomains({ id: 'shop.example' })).id, 'shop.example');
  check('domains', (await routing.getRoutingEmailDomains()).total, 1);
  const route = await routing.postRoutingEmailDomainRoutes('shop.example', { pattern: 'help', fromName: 'Help', flow: { id: inbound.id } });
  check('a route', [route.pattern, route.flow.id, route.fromName], ['help', inbound.id, 'Help']);
  check('changed', (await routing.putRoutingEmailDomainRoute('shop.example', route.id, { ...route, priority: 5 })).priority, 5);
  check('routes', (await routing.getRoutingEmailDomainRoutes('shop.example')).entities.length, 1);
  check('a route is read', (await routing.getRoutingEmailDomainRoute('shop.example', route.id)).priority, 5);
  const consuming = await architect.getArchitectDependencytrackingConsumingresources(shared.id, 'COMMONMODULEFLOW');
  check('what uses a flow', consuming.entities.map((one) => [one.type, one.id]), [['INBOUNDEMAILFLOW', inbound.id]]);
  const consumed = await architect.getArchitectDependencytrackingConsumedresources(inbound.id, '1.0', 'INBOUNDEMAILFLOW');
  check('what a flow uses', consumed.entities.map((one) => one.id), [shared.id, queue.id]);
  check('kinds', (await architect.getArchitectDependencytrackingTypes()).total, 10);
  await refused('a flow in use stays', 409, 'architect.dependency.object.in.use', () => architect.deleteFlow(shared.id));
  const broken = await refused('and published', 409, 'flow.contract.broken', () => architect.postFlowsActionsDeactivate(shared.id));
  check('its caller is named', broken.errors[0].flowName, 'Inbound Email Router');

  // --- conversations
  const email = await conversations.postConversationsEmails({
    provider: 'Form', direction: 'INBOUND', toAddress: 'help@shop.example', fromAddress: 'ann@customer.example',
    subject: 'Refund', textBody: 'please', attributes: { tier: 'gold' },
  });
  const [customer, acd] = email.participants;
  check('a customer', [customer.purpose, customer.attributes], ['customer', { found: 'please', tier: 'gold' }]);
  check('a queue', [acd.purpose, acd.queue.name, acd.conversationRoutingData.priority], ['acd', 'Billing', 3]);
  check('read again', (await conversations.getConversationsEmail(email.id)).id, email.id);
  const messages = await conversations.getConversationsEmailMessages(email.id);
  const message = await conversations.getConversationsEmailMessage(email.id, messages.entities[0].id);
  check('its message', [message.subject, message.textBody, message.from.email], ['Refund', 'please', 'ann@customer.example']);
  await conversations.patchConversationsEmailParticipantAttributes(email.id, customer.id, { attributes: { seen: 'yes' } });
  check('attributes', (await conversations.getConversationsEmail(email.id)).participants[0].attributes.seen, 'yes');
  await conversations.patchConversationsEmail(email.id, { state: 'disconnected' });
  check('over', (await conversations.getConversationsEmail(email.id)).participants[0].state, 'disconnected');
  await refused('replies are not offered', 501, 'not.implemented', () =>
    conversations.postConversationsEmailMessages(email.id, { to: [], from: {}, textBody: 'x' }));

  // --- queues, clients
  check('a queue is changed', (await routing.putRoutingQueue(queue.id, { ...queue, description: 'x' })).description, 'x');
  check('queues', (await routing.getRoutingQueues()).entities.map((one) => one.name), ['Billing', 'Unrouted']);
  check('a queue is read', (await routing.getRoutingQueue(queue.id)).description, 'x');
  await refused('a queue in use stays', 409, 'general.resource.conflict', () => routing.deleteRoutingQueue(queue.id));
  const other = await oauth.postOauthClients({ name: 'Other', authorizedGrantType: 'CLIENT-CREDENTIALS', scope: ['architect:readonly'] });
  check('a client', [other.secret.length, other.scope, other.state], [64, ['flow:read'], 'active']);
  check('a new secret', (await oauth.postOauthClientSecret(other.id)).secret === other.secret, false);
  check('clients', (await oauth.getOauthClients()).entities.map((one) => one.name).includes('Other'));
  await oauth.deleteOauthClient(other.id);
  await refused('a client is gone', 404, 'not.found', () => oauth.getOauthClient(other.id));

  // --- data tables
  const properties = { key: { type: 'string' }, tier: { type: 'string', default: 'basic' }, seats: { type: 'integer' } };
  const table = await architect.postFlowsDatatables({ name: 'Customers', schema: { type: 'object', properties } });
  check('a table is made', [table.name, table.schema.properties.tier.default], ['Customers', 'basic']);
  const row = await architect.postFlowsDatatableRows(table.id, { KEY: 'acme.example', seats: 3 });
  check('a row is made', row, { KEY: 'acme.example', tier: 'basic', seats: 3 });
  await architect.putFlowsDatatableRow(table.id, 'acme.example', { body: { tier: 'gold' } });
  check('it is read', (await architect.getFlowsDatatableRow(table.id, 'acme.example', { showbrief: false })).tier, 'gold');
  check('rows', (await architect.getFlowsDatatableRows(table.id, { showbrief: false })).entities.map((one) => one.seats), [0]);
  await refused('a key is taken', 409, 'flows.datatables.duplicate.key', () => architect.postFlowsDatatableRows(table.id, { KEY: 'acme.example' }));
  await architect.deleteFlowsDatatableRow(table.id, 'acme.example');
  check('tables', (await architect.getFlowsDatatables()).total, 1);
  check('a table is changed', (await architect.putFlowsDatatable(table.id, { ...table, name: 'Accounts' })).name, 'Accounts');
  await architect.deleteFlowsDatatable(table.id);
  await refused('a table is gone', 404, 'flows.datatables.not.found', () => architect.getFlowsDatatable(table.id));

  // --- data actions
  const integrations = new sdk.IntegrationsApi();
  const wanted = {
    name: 'Get customer', category: 'CRM', integrationId: 'crm',
    config: {
      request: { requestUrlTemplate: 'https://crm.example.com/customers/${input.id}', requestType: 'GET', requestTemplate: '${input.rawRequest}' },
      response: { translationMap: { tier: '$.tier' }, successTemplate: '{"tier": ${tier}}' },
    },
    contract: {
      input: { inputSchema: { type: 'object', properties: { id: { type: 'string' } } } },
      output: { successSchema: { type: 'object', properties: { tier: { type: 'string' } } } },
    },
  };
  const action = await integrations.postIntegrationsActions(wanted);
  check('a data action is made', [action.name, action.category, action.version], ['Get customer', 'CRM', 1]);
  check('it is read', (await integrations.getIntegrationsAction(action.id, { includeConfig: true })).config.request.requestType, 'GET');
  check('data actions', (await integrations.getIntegrationsActions({ name: 'customer' })).entities.map((one) => one.name), ['Get customer']);
  check('it is changed', (await integrations.patchIntegrationsAction(action.id, { category: 'Customers', version: 1 })).version, 2);
  await integrations.deleteIntegrationsAction(action.id);
  await refused('a data action is gone', 404, 'resource.not.found', () => integrations.getIntegrationsAction(action.id));

  // --- skills
  const skill = await routing.postRoutingSkills({ name: 'Invoices' });
  check('a skill is made', [skill.name, skill.state, skill.version], ['Invoices', 'active', '1']);
  check('skills', (await routing.getRoutingSkills({ name: 'inv*' })).entities.map((one) => one.name), ['Invoices']);
  check('a skill is read', (await routing.getRoutingSkill(skill.id)).name, 'Invoices');
  await routing.deleteRoutingSkill(skill.id);
  await refused('a skill is gone', 404, 'resource.not.found', () => routing.getRoutingSkill(skill.id));

  // --- languages
  const language = await routing.postRoutingLanguages({ name: 'French' });
  check('a language is made', [language.name, language.state], ['French', 'active']);
  check('languages', (await routing.getRoutingLanguages()).entities.map((one) => one.name), ['French']);
  await routing.deleteRoutingLanguage(language.id);
  await refused('a language is gone', 404, 'resource.not.found', () => routing.getRoutingLanguage(language.id));

  // --- what is not offered
  await refused('jobs', 501, 'not.implemented', () => architect.postFlowsJobs());
  await refused('exports', 501, 'not.implemented', () => architect.postFlowsExportJobs({ flows: [] }));
  await refused('users', 501, 'not.implemented', () => new sdk.UsersApi().getUsersMe());

  // --- the end of things
  await routing.deleteRoutingEmailDomainRoute('shop.example', route.id);
  await refused('a route is gone', 404, 'postino.error.not.found', () => routing.getRoutingEmailDomainRoute('shop.example', route.id));
  await routing.deleteRoutingEmailDomain('shop.example');
  check('a domain is gone', (await routing.getRoutingEmailDomains()).total, 0);
  check('deactivated', (await architect.postFlowsActionsDeactivate(inbound.id)).active, false);
  check('some at once', (await architect.deleteFlows([inbound.id, shared.id])).actionName, 'DELETE');
  await refused('a flow is gone', 410, 'architect.flow.deleted', () => architect.getFlow(shared.id));
  check('and known', (await architect.getFlow(shared.id, { deleted: true })).deleted);
}

main()
  .catch((error) => failed.push(`the checks broke off: ${(error && error.stack) || JSON.stringify(error)}`))
  .finally(() => {
    for (const name of failed) console.log(`FAILED ${name}`);
    console.log(`${passed} passed, ${failed.length} failed`);
    process.exit(failed.length ? 1 : 0);
  });
