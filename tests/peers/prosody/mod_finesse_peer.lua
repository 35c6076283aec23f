-- Turns a Prosody pubsub component into a stand-in for the notification service of Finesse (see tests/peers/prosody.py).
--  * when loaded: makes the standard nodes and subscribes each agent (bare JID) to the agent's own
--  * over HTTP on the plain port, so that whoever plays Finesse needs no XMPP client:
--      POST /peer/publish?node=/finesse/api/User/1001[&ns=urn:xmpp:push:0][&raw=1][&item=...]   body: the <Update>; raw: as XML, not as text;
--                                                        item: its id, a new one without
--      POST /peer/finesse?state=available|unavailable    presence of the user "finesse"
--      POST /peer/kick?user=1001[&how=drop|close]        cuts every session of the user; close: with a stream error
--      POST /peer/mute?node=...&for=N                    loses the next N publishes to the node
--      POST /peer/subscribe?node=...&jid=...             a subscription that somebody left over
--      POST /peer/tidy                                   no subscriptions but the automatic ones, no muted nodes
--      GET  /peer/state                                  who is connected, who is subscribed
local st = require "util.stanza";
local json = require "util.json";
local array = require "util.array";
local uuid = require "util.uuid".generate;
local parse_query = require "util.http".formdecode;
local xml_parse = require "util.xml".parse;

local PUBSUB = "http://jabber.org/protocol/pubsub";
local vhost = module:get_option_string("finesse_domain");
local users = module:get_option_array("finesse_users", {});
local shared = module:get_option_array("finesse_nodes", {});
local pubsub = module:depends("pubsub");
module:depends("http");

local finesse_up = true;
local muted = {};
local published = 0;

local function ensure(node)
	local service = pubsub.get_service();
	if not service.nodes[node] then
		service:create(node, true, { persist_items = false, access_model = "open", notification_type = "normal" });
	end
	return service;
end

local function subscribe(node, jid)
	local ok, err = ensure(node):add_subscription(node, true, jid);
	if not ok then module:log("error", "subscribe %s to %s: %s", jid, node, err); end
	return ok, err;
end

local function sessions_of(user)
	local found = prosody.hosts[vhost].sessions[user];
	return found and found.sessions or {};
end

local function tell_presence(to)
	module:send(st.presence({
		from = "finesse@"..vhost.."/finesse", to = to, type = (not finesse_up) and "unavailable" or nil,
	}));
end

function module.load()
	for _, user in ipairs(users) do
		local bare = user.."@"..vhost;
		subscribe("/finesse/api/User/"..user, bare);
		subscribe("/finesse/api/User/"..user.."/Dialogs", bare);
		subscribe("/finesse/api/SystemInfo", bare);
	end
	for _, node in ipairs(shared) do ensure(node); end
end

-- An agent that comes online learns whether the user "finesse" is there. The order in which hosts come up is not fixed.
local hooked = false;
local function hook_host()
	if hooked or not prosody.hosts[vhost] then return; end
	hooked = true;
	module:context(vhost):hook("presence/initial", function (event)
		tell_presence(event.origin.full_jid);
	end, -10);
end
hook_host();
module:hook_global("host-activated", hook_host);

local function answer(event, code, data)
	event.response.status_code = code;
	event.response.headers.content_type = "application/json";
	return json.encode(data).."\n";
end

local function query(event)
	return parse_query(event.request.url.query or "") or {};
end

local function publish(event)
	local q = query(event);
	if not q.node then return answer(event, 400, { error = "node is missing" }); end
	local left = muted[q.node] or 0;
	if left > 0 then
		muted[q.node] = left - 1;
		return answer(event, 200, { muted = true });
	end
	local id = q.item or uuid();
	local item = st.stanza("item", { xmlns = PUBSUB, id = id }):tag("notification", { xmlns = q.ns or PUBSUB });
	local body = event.request.body or "";
	if q.raw then
		local tree, err = xml_parse(body);
		if not tree then return answer(event, 400, { error = err }); end
		item:add_child(tree);
	else
		item:text(body); -- escaped on the wire, as the real service sends it
	end
	item:up();
	local ok, err = ensure(q.node):publish(q.node, true, id, item);
	published = published + 1;
	return answer(event, ok and 200 or 500, { id = id, error = err });
end

local function finesse(event)
	finesse_up = query(event).state ~= "unavailable";
	local told = 0;
	for _, user in pairs(prosody.hosts[vhost].sessions) do
		for _, session in pairs(user.sessions) do
			if session.presence then tell_presence(session.full_jid); told = told + 1; end
		end
	end
	return answer(event, 200, { available = finesse_up, told = told });
end

local function kick(event)
	local q, list = query(event), {};
	for _, session in pairs(sessions_of(q.user or "")) do list[#list+1] = session; end
	for _, session in ipairs(list) do
		if q.how == "close" or not session.conn then
			session:close({ condition = "system-shutdown" });
		else
			session.conn:close();
		end
	end
	return answer(event, 200, { cut = #list });
end

local function mute(event)
	local q = query(event);
	if not q.node then return answer(event, 400, { error = "node is missing" }); end
	muted[q.node] = tonumber(q["for"]) or 1;
	return answer(event, 200, { node = q.node, muted = muted[q.node] });
end

local function leave_over(event)
	local q = query(event);
	if not (q.node and q.jid) then return answer(event, 400, { error = "node or jid is missing" }); end
	local ok, err = subscribe(q.node, q.jid);
	return answer(event, ok and 200 or 500, { error = err });
end

local function tidy(event)
	local service, gone = pubsub.get_service(), 0;
	muted = {};
	for name, node in pairs(service.nodes) do
		local list = {};
		for jid in pairs(node.subscribers) do
			if jid:find("/", 1, true) then list[#list+1] = jid; end
		end
		for _, jid in ipairs(list) do service:remove_subscription(name, true, jid); gone = gone + 1; end
	end
	return answer(event, 200, { gone = gone });
end

local function state(event)
	local online, subscribers = {}, {};
	for _, user in pairs(prosody.hosts[vhost].sessions) do
		for _, session in pairs(user.sessions) do
			online[session.full_jid] = {
				via = session.websocket_request and "websocket" or "tcp",
				secure = session.secure and true or false,
				available = session.presence and true or false,
				priority = session.priority or json.null,
			};
		end
	end
	for name, node in pairs(pubsub.get_service().nodes) do
		local list = array();
		for jid in pairs(node.subscribers) do list:push(jid); end
		subscribers[name] = list:sort();
	end
	return answer(event, 200, { online = online, subscribers = subscribers, finesse = finesse_up, published = published });
end

module:provides("http", {
	name = "peer";
	default_path = "/peer";
	route = {
		["POST /publish"] = publish;
		["POST /finesse"] = finesse;
		["POST /kick"] = kick;
		["POST /mute"] = mute;
		["POST /subscribe"] = leave_over;
		["POST /tidy"] = tidy;
		["GET /state"] = state;
	};
});
