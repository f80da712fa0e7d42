-- Breaks the delivery of messages on purpose, for tests: what outcry_break
-- says of this host happens to every message between its users.
local st = require "util.stanza";
local how = module:get_option_string("outcry_break", "nothing");
local receipts = "urn:xmpp:receipts";

local function sessions_of(stanza)
	local node = stanza.attr.to:match("^([^@]+)@");
	local user = prosody.hosts[module.host].sessions[node];
	return user and user.sessions or {};
end

local function handle(event)
	local stanza = event.stanza;
	local receipt = stanza:get_child("received", receipts);
	if how == "drop" and not receipt then return true; end
	if how == "drop-receipt" and receipt then return true; end
	if how == "alter" and not receipt then
		stanza:remove_children("body");
		stanza:text_tag("body", "something else");
	elseif (how == "late" and not receipt) or (how == "late-receipt" and receipt) then
		local copy = st.clone(stanza);
		module:add_timer(1, function() module:send(copy); end);
		return true;
	elseif how == "refuse" and not receipt then
		module:send(st.error_reply(stanza, "cancel", "not-allowed", "not today"));
		return true;
	elseif how == "offline" and not receipt then
		for _, s in pairs(sessions_of(stanza)) do s:close(); end
	elseif how == "end" and not receipt then
		for _, s in pairs(sessions_of(stanza)) do s:close({ condition = "system-shutdown", text = "tired" }); end
		return true;
	end
end

-- Tells whoever asks the host how many are online.
local function count(event)
	local n = 0;
	for _ in pairs(prosody.full_sessions) do n = n + 1; end
	local stanza = event.stanza;
	module:send(st.message({ to = stanza.attr.from, from = module.host, id = stanza.attr.id, type = "chat" }, tostring(n)));
	return true;
end

module:hook("message/host", count, 1000);
module:hook("pre-message/full", handle, 1000);
module:hook("pre-message/bare", handle, 1000);
