"""The script that is played on every server: what may happen in an open, a moderated, a members-only and a password
room, in the order of XEP-0045. A step has a name of its own in its scene; muc_differences.txt cites it."""
DISCO_INFO, DISCO_ITEMS = (f"<query xmlns='http://jabber.org/protocol/disco#{part}'/>" for part in ("info", "items"))
REGISTER = "jabber:iq:register"
PING = "<ping xmlns='urn:xmpp:ping'/>"
FIELD = "muc#roomconfig_"
WANTED = "<x xmlns='http://jabber.org/protocol/muc'/>"


def to_user(inner):
    return f"<x xmlns='http://jabber.org/protocol/muc#user'>{inner}</x>"


def item(reason="", **attributes):
    words = " ".join(f"{name}='{value}'" for name, value in attributes.items())
    return f"<item {words}>{reason and f'<reason>{reason}</reason>'}</item>"


def submitted(form_type, **fields):
    inner = "".join(f"<field var='{var}'><value>{value}</value></field>" for var, value in fields.items())
    return (f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>{form_type}</value></field>{inner}</x>")


async def made(s, owner="romeo", nick="romeo", **fields):
    """A room with its owner inside, configured."""
    await s.join("its owner enters", owner, nick)
    await s.configure("its owner configures it", owner, {FIELD + name: value for name, value in fields.items()})


async def service(s):
    s.scene("nowhere")
    await s.iq("the service's disco#info [6.2]", "romeo", "get", DISCO_INFO, s.rooms_domain)
    await s.iq("disco#info of a room that is not there [6.4]", "romeo", "get", DISCO_INFO)
    await s.iq("an iq that nobody knows, to the service", "romeo", "get", "<query xmlns='urn:example:unknown'/>",
               s.rooms_domain)
    await s.iq("an iq that nobody knows, to a room that is not there", "romeo", "get",
               "<query xmlns='urn:example:unknown'/>")
    await s.say("a line into a room that is not there [7.4]", "romeo", "hello")
    await s.iq("the configuration form of a room that is not there [10.2]", "romeo", "get",
               "<query xmlns='http://jabber.org/protocol/muc#owner'/>")
    await s.iq("a ping of an occupant in a room that is not there [XEP-0410]", "romeo", "get", PING, "romeo")


async def entering(s):
    s.scene("entrance")
    await s.join("the first one creates the room [10.1.1]", "romeo", "romeo")
    await s.join("another one enters before it is configured [7.2.10]", "juliet", "juliet")
    await s.configure("an instant room [10.1.2]", "romeo", {})
    await s.join("another one enters [7.2.2]", "juliet", "juliet")
    await s.join("a third enters [7.2.2]", "mercutio", "mercutio")
    await s.join("a nick that is taken [7.2.8]", "tybalt", "juliet")
    await s.join("a nick that differs in case alone [7.2.8]", "tybalt", "JULIET")
    await s.leave("whoever got in so leaves", "tybalt", "JULIET")
    await s.say("a line [7.4]", "juliet", "But soft")
    await s.say("a line by somebody who is outside [7.4]", "tybalt", "hello")
    await s.message("a line that is not of type groupchat, to the room", "juliet", "", "<body>hello</body>")
    await s.message("a message without a body [7.4]", "juliet", "",
                    "<active xmlns='http://jabber.org/protocol/chatstates'/>", "groupchat")
    await s.message("a private message [7.5]", "juliet", "romeo", "<body>psst</body>", "chat")
    await s.message("a private message with x [7.5]", "juliet", "romeo", "<body>psst</body>" + to_user(""), "chat")
    await s.message("a private message to nobody [7.5]", "juliet", "nobody", "<body>psst</body>", "chat")
    await s.message("a private message from outside [7.5]", "tybalt", "romeo", "<body>psst</body>", "chat")
    await s.message("a private message of type groupchat [7.5]", "juliet", "romeo", "<body>psst</body>", "groupchat")
    await s.presence("a new show and status [7.7]", "juliet", "juliet",
                     "<show>away</show><status>on the balcony</status>")
    await s.presence("a new nick [7.6]", "juliet", "capulet")
    await s.presence("a new nick that is taken [7.6]", "juliet", "romeo")
    await s.presence("the old nick again [7.6]", "juliet", "juliet")
    await s.iq("a self-ping [XEP-0410]", "juliet", "get", PING, "juliet")
    await s.iq("a self-ping from outside [XEP-0410]", "tybalt", "get", PING, "tybalt")
    await s.iq("a ping of another occupant [XEP-0410]", "juliet", "get", PING, "romeo")
    await s.iq("a ping of an occupant who is not there", "juliet", "get", PING, "nobody")
    await s.presence("a probe of oneself [17.3]", "juliet", "juliet", type="probe")
    await s.presence("a probe of another [17.3]", "juliet", "romeo", type="probe")
    await s.presence("a probe from outside [17.3]", "tybalt", "romeo", type="probe")
    await s.presence("a subscription to an occupant", "juliet", "romeo", type="subscribe")
    await s.iq("the room's disco#info [6.4]", "romeo", "get", DISCO_INFO)
    await s.iq("the room's disco#items [6.5]", "romeo", "get", DISCO_ITEMS)
    await s.iq("the room's disco#items, from outside [6.5]", "tybalt", "get", DISCO_ITEMS)
    await s.iq("the service's disco#items [6.3]", "tybalt", "get", DISCO_ITEMS, s.rooms_domain)
    await s.iq("disco#info of an occupant [6.6]", "juliet", "get", DISCO_INFO, "romeo")
    await s.iq("disco#info of an occupant, from outside [6.6]", "tybalt", "get", DISCO_INFO, "romeo")
    await s.iq("an iq that nobody knows, to the room", "juliet", "get", "<query xmlns='urn:example:unknown'/>")
    await s.iq("an iq that nobody knows, to an occupant", "juliet", "get", "<query xmlns='urn:example:unknown'/>",
               "romeo")
    await s.iq("an iq without a child", "juliet", "get", "")
    await s.leave("one leaves, with words [7.14]", "mercutio", "mercutio", "<status>a plague</status>")
    await s.leave("one leaves who is not inside [7.14]", "tybalt", "tybalt")
    await s.everybody_leaves()


async def nickless(s):
    s.scene("nickless")
    await s.join("a join without a nick [7.2.1]", "romeo", "")
    await s.everybody_leaves()


async def subject(s):
    s.scene("subject")
    await made(s, changesubject="0")
    await s.join("juliet enters", "juliet", "juliet")
    await s.message("the subject by a moderator [8.1]", "romeo", "", "<subject>Love</subject>", "groupchat")
    await s.message("the subject by a participant [8.1]", "juliet", "", "<subject>Hate</subject>", "groupchat")
    await s.configure("anyone may set it [8.1]", "romeo", {FIELD + "changesubject": "1"})
    await s.message("the subject by a participant who may [8.1]", "juliet", "", "<subject>Hate</subject>", "groupchat")
    await s.message("a subject and a body are a line [8.1]", "juliet", "", "<subject>Not so</subject><body>Hello</body>",
                    "groupchat")
    await s.message("an empty subject [8.1]", "romeo", "", "<subject/>", "groupchat")
    await s.message("the subject again [8.1]", "romeo", "", "<subject>Peace</subject>", "groupchat")
    await s.message("the subject from outside [8.1]", "tybalt", "", "<subject>War</subject>", "groupchat")
    await s.join("who enters is told it last [7.2.15]", "mercutio", "mercutio")
    await s.everybody_leaves()


async def history(s):
    s.scene("history")
    await made(s)
    for line in ("one", "two", "three"):
        await s.say(f"line {line}", "romeo", line)
    await s.join("all of it [7.2.13]", "juliet", "juliet")
    await s.leave("juliet leaves", "juliet", "juliet")
    for name, wish in (("none by maxchars=0", "maxchars='0'"), ("none by maxstanzas=0", "maxstanzas='0'"),
                       ("two by maxstanzas", "maxstanzas='2'"),
                       ("the last hour", "seconds='3600'"), ("since long ago", "since='1970-01-01T00:00:00Z'"),
                       ("since a day to come", "since='2999-01-01T00:00:00Z'"), ("a wish that is no number",
                                                                                 "maxstanzas='many'"),
                       ("a time that is none", "since='yesterday'")):
        await s.join(f"{name} [7.2.14]", "juliet", "juliet", f"<history {wish}/>")
        await s.leave(f"juliet leaves after {name}", "juliet", "juliet")
    await s.everybody_leaves()


async def sessions(s):
    s.scene("sessions")
    await made(s)
    await s.join("the first session", "juliet", "juliet")
    await s.join("the second under one nick [7.2.8]", "juliet/b", "juliet")
    await s.say("a line by the second", "juliet/b", "From my phone")
    await s.message("a private message to both [7.5]", "romeo", "juliet", "<body>psst</body>", "chat")
    await s.iq("a self-ping by the second [XEP-0410]", "juliet/b", "get", PING, "juliet")
    await s.presence("the second goes away", "juliet/b", "juliet", "<show>away</show>")
    await s.leave("the second leaves [7.14]", "juliet/b", "juliet")
    await s.iq("a self-ping by the one that left [XEP-0410]", "juliet/b", "get", PING, "juliet")
    await s.join("the second under another nick", "juliet/b", "nightingale")
    await s.admin("both are kicked by one nick [8.2]", "romeo", item(nick="juliet", role="none"))
    await s.everybody_leaves()


async def invitations(s):
    s.scene("invitations")
    await made(s, allowinvites="1")
    await s.join("juliet enters", "juliet", "juliet")
    await s.message("an invitation [7.8.2]", "juliet", "",
                    to_user("<invite to='tybalt@localhost'><reason>Do come</reason></invite>"))
    await s.message("it is declined [7.8.2]", "tybalt", "",
                    to_user("<decline to='juliet@localhost/a'><reason>Busy</reason></decline>"))
    await s.message("another invitation [7.8.2]", "juliet", "", to_user("<invite to='tybalt@localhost'/>"))
    await s.message("it is declined to the bare JID [7.8.2]", "tybalt", "",
                    to_user("<decline to='juliet@localhost'><reason>Busy</reason></decline>"))
    await s.message("a decline to nobody [7.8.2]", "tybalt", "", to_user("<decline to='paris@localhost'/>"))
    await s.message("two are invited at once [7.8.2]", "juliet", "",
                    to_user("<invite to='tybalt@localhost'/><invite to='mercutio@localhost'/>"))
    await s.message("an invitation with a continuation [7.9]", "juliet", "",
                    to_user("<invite to='tybalt@localhost'><continue thread='t1'/></invite>"))
    await s.message("an invitation of nobody [7.8.2]", "juliet", "", to_user("<invite/>"))
    await s.message("an invitation of what is no JID [7.8.2]", "juliet", "", to_user("<invite to='@@'/>"))
    await s.message("an invitation from outside [7.8.2]", "mercutio", "", to_user("<invite to='tybalt@localhost'/>"))
    await s.configure("moderators alone may invite", "romeo", {FIELD + "allowinvites": "0"})
    await s.message("an invitation by one who may not [7.8.2]", "juliet", "", to_user("<invite to='tybalt@localhost'/>"))
    await s.everybody_leaves()


async def kicks(s):
    s.scene("kicks")
    await made(s)
    await s.join("juliet enters", "juliet", "juliet")
    await s.join("mercutio enters", "mercutio", "mercutio")
    await s.admin("a participant kicks [8.2]", "juliet", item(nick="mercutio", role="none"))
    await s.admin("a participant kicks the owner [8.2]", "juliet", item(nick="romeo", role="none"))
    await s.admin("one from outside kicks [8.2]", "tybalt", item(nick="mercutio", role="none"))
    await s.admin("a kick, with a reason [8.2]", "romeo", item("Avaunt", nick="mercutio", role="none"))
    await s.join("the kicked one returns [8.2]", "mercutio", "mercutio")
    await s.admin("a kick of nobody [8.2]", "romeo", item(nick="nobody", role="none"))
    await s.admin("a moderator is made [9.6]", "romeo", item(nick="juliet", role="moderator"))
    await s.admin("a moderator kicks the owner [8.2]", "juliet", item(nick="romeo", role="none"))
    await s.admin("a moderator kicks [8.2]", "juliet", item(nick="mercutio", role="none"))
    await s.admin("the moderator makes a moderator [9.6]", "juliet", item(nick="romeo", role="moderator"))
    await s.admin("a moderator is unmade [9.7]", "romeo", item("Enough", nick="juliet", role="participant"))
    await s.admin("the owner kicks himself [8.2]", "romeo", item(nick="romeo", role="none"))
    await s.everybody_leaves()


async def moderated(s):
    s.scene("moderated")
    await made(s, moderatedroom="1", changesubject="0")
    await s.join("who enters is a visitor [5.1.2]", "juliet", "juliet")
    await s.say("a visitor speaks [7.4]", "juliet", "hello")
    await s.message("a visitor's private message [7.5]", "juliet", "romeo", "<body>psst</body>", "chat")
    await s.message("a visitor's subject [8.1]", "juliet", "", "<subject>Hate</subject>", "groupchat")
    await s.presence("a visitor's status [7.7]", "juliet", "juliet", "<show>away</show>")
    await s.presence("a visitor's new nick [7.6]", "juliet", "capulet")
    await s.presence("a visitor's old nick [7.6]", "juliet", "juliet")
    request = submitted("http://jabber.org/protocol/muc#request", **{"muc#role": "participant"})
    await s.message("a visitor asks for voice [7.13]", "juliet", "", request)
    approved = submitted("http://jabber.org/protocol/muc#request", **{
        "muc#role": "participant", "muc#jid": "juliet@localhost/a", "muc#roomnick": "juliet", "muc#request_allow": "true"})
    await s.message("a visitor approves of herself [8.6]", "juliet", "", approved)
    await s.message("a moderator approves [8.6]", "romeo", "", approved)
    await s.say("a participant speaks [7.4]", "juliet", "hello")
    await s.message("a participant asks for voice [7.13]", "juliet", "", request)
    await s.message("one from outside asks for voice [7.13]", "tybalt", "", request)
    await s.admin("voice is revoked, with a reason [8.4]", "romeo", item("Hush", nick="juliet", role="visitor"))
    await s.admin("voice is granted, with a reason [8.3]", "romeo", item("Speak", nick="juliet", role="participant"))
    await s.admin("voice for nobody [8.3]", "romeo", item(nick="nobody", role="participant"))
    await s.admin("the voice list [8.5]", "romeo", item(role="participant"), type="get")
    await s.admin("the voice list, by a participant [8.5]", "juliet", item(role="participant"), type="get")
    await s.admin("the moderators [9.8]", "romeo", item(role="moderator"), type="get")
    await s.admin("the moderators, by a participant [9.8]", "juliet", item(role="moderator"), type="get")
    await s.join("a second visitor enters", "mercutio", "mercutio")
    await s.admin("two at once [8.5]", "romeo", item(nick="juliet", role="visitor"),
                  item(nick="mercutio", role="participant"))
    await s.admin("no item", "romeo")
    await s.admin("a role that is none", "romeo", item(nick="juliet", role="king"))
    await s.admin("an item without a nick", "romeo", item(role="participant"))
    await s.admin("an item without a role or affiliation", "romeo", item(nick="juliet"))
    await s.admin("a list of nothing", "romeo", type="get")
    await s.admin("a list of a role that is none", "romeo", item(role="king"), type="get")
    await s.configure("it is moderated no longer [10.2]", "romeo", {FIELD + "moderatedroom": "0"})
    await s.configure("it is moderated again [10.2]", "romeo", {FIELD + "moderatedroom": "1"})
    await s.admin("the owner's voice is revoked [8.4]", "romeo", item(nick="romeo", role="visitor"))
    await s.everybody_leaves()


async def members_only(s):
    s.scene("members")
    await made(s)
    await s.join("juliet enters", "juliet", "juliet")
    await s.configure("members only, while another is inside [10.2]", "romeo",
                      {FIELD + "membersonly": "1", FIELD + "allowinvites": "0"})
    await s.join("one who is no member [7.2.6]", "juliet", "juliet")
    await s.admin("a membership for who is outside, by JID [9.3]", "romeo",
                  item("Welcome", jid="juliet@localhost", affiliation="member"))
    await s.join("a member enters [7.2.6]", "juliet", "juliet")
    await s.admin("the members [9.5]", "romeo", item(affiliation="member"), type="get")
    await s.admin("the members, by a member [7.11]", "juliet", item(affiliation="member"), type="get")
    await s.admin("the members, from outside [7.11]", "tybalt", item(affiliation="member"), type="get")
    await s.message("a member invites [7.8.2]", "juliet", "", to_user("<invite to='tybalt@localhost'/>"))
    await s.message("the owner invites [7.8.2]", "romeo", "", to_user("<invite to='tybalt@localhost'/>"))
    await s.join("the invited one enters [7.8.2]", "tybalt", "tybalt")
    await s.admin("a member revokes a membership [9.4]", "juliet", item(jid="tybalt@localhost", affiliation="none"))
    await s.admin("a membership is revoked, by JID [9.4]", "romeo",
                  item("Out", jid="tybalt@localhost", affiliation="none"))
    await s.admin("a reserved nick is given [9.5]", "romeo",
                  item(jid="mercutio@localhost", affiliation="member", nick="queen"))
    await s.join("another under the reserved nick [7.2.8]", "juliet/b", "queen")
    await s.leave("whoever got in so leaves", "juliet/b", "queen")
    await s.iq("one's reserved nick [7.12]", "mercutio", "get",
               "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>")
    await s.join("the member under another nick [7.2.8]", "mercutio", "mercutio")
    await s.leave("mercutio leaves", "mercutio", "mercutio")
    await s.configure("members only no longer [10.2]", "romeo", {FIELD + "membersonly": "0"})
    await s.everybody_leaves()


async def registration(s):
    s.scene("registration")
    await made(s)
    await s.iq("the form, for one without affiliation [7.10]", "juliet", "get", f"<query xmlns='{REGISTER}'/>")
    for name in ("juliet", "mercutio"):
        await s.admin(f"{name} becomes a member", "romeo", item(jid=f"{name}@localhost", affiliation="member"))
    await s.iq("the form [7.10]", "juliet", "get", f"<query xmlns='{REGISTER}'/>")
    wish = submitted("http://jabber.org/protocol/muc#register", **{"muc#register_roomnick": "juliet"})
    form = f"<query xmlns='{REGISTER}'>{wish}</query>"
    await s.iq("it is submitted [7.10]", "juliet", "set", form)
    await s.iq("the form of one who is registered [7.10]", "juliet", "get", f"<query xmlns='{REGISTER}'/>")
    await s.iq("one's reserved nick [7.12]", "juliet", "get",
               "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>")
    await s.iq("the nick is registered by another [7.10]", "mercutio", "set", form)
    await s.join("another enters under it [7.2.8]", "mercutio", "juliet")
    await s.join("the registered one enters [7.2.2]", "juliet", "juliet")
    await s.iq("it is submitted without a nick [7.10]", "mercutio", "set",
               f"<query xmlns='{REGISTER}'>{submitted('http://jabber.org/protocol/muc#register')}</query>")
    await s.iq("it is submitted with another FORM_TYPE [7.10]", "mercutio", "set",
               f"<query xmlns='{REGISTER}'>{submitted('urn:example:other', **{'muc#register_roomnick': 'm'})}</query>")
    await s.iq("the registration ends [7.10]", "juliet", "set", f"<query xmlns='{REGISTER}'><remove/></query>")
    await s.everybody_leaves()


async def bans(s):
    s.scene("bans")
    await made(s)
    await s.join("juliet enters", "juliet", "juliet")
    await s.join("mercutio enters", "mercutio", "mercutio")
    await s.admin("a participant bans [9.1]", "juliet", item(jid="mercutio@localhost", affiliation="outcast"))
    await s.admin("a ban, with a reason [9.1]", "romeo", item("Treason", jid="mercutio@localhost", affiliation="outcast"))
    await s.join("the banned one returns [7.2.7]", "mercutio", "mercutio")
    await s.admin("the ban list [9.2]", "romeo", item(affiliation="outcast"), type="get")
    await s.admin("the ban list, by a participant [9.2]", "juliet", item(affiliation="outcast"), type="get")
    await s.admin("a ban of somebody who is not inside [9.1]", "romeo",
                  item(jid="paris@localhost", affiliation="outcast"))
    await s.admin("a ban that is over [9.2]", "romeo", item(jid="mercutio@localhost", affiliation="none"))
    await s.join("the pardoned one returns [9.2]", "mercutio", "mercutio")
    await s.admin("an owner bans himself [9.1]", "romeo", item(jid="romeo@localhost", affiliation="outcast"))
    await s.admin("an admin is made [10.6]", "romeo", item(jid="juliet@localhost", affiliation="admin"))
    await s.admin("an admin bans an owner [9.1]", "juliet", item(jid="romeo@localhost", affiliation="outcast"))
    await s.admin("an admin makes an owner [10.3]", "juliet", item(jid="mercutio@localhost", affiliation="owner"))
    await s.admin("an admin makes an admin [10.6]", "juliet", item(jid="mercutio@localhost", affiliation="admin"))
    await s.admin("an admin makes a member [9.3]", "juliet", item(jid="mercutio@localhost", affiliation="member"))
    await s.admin("an admin's voice is revoked by a moderator [8.4]", "romeo", item(nick="juliet", role="visitor"))
    await s.admin("an admin lists the owners [10.5]", "juliet", item(affiliation="owner"), type="get")
    await s.admin("an admin lists the admins [10.8]", "juliet", item(affiliation="admin"), type="get")
    await s.admin("the owner lists the admins [10.8]", "romeo", item(affiliation="admin"), type="get")
    await s.admin("the last owner steps down [10.4]", "romeo", item(jid="romeo@localhost", affiliation="admin"))
    await s.admin("an admin is an admin no longer [10.7]", "romeo",
                  item("Thanks", jid="juliet@localhost", affiliation="none"))
    await s.admin("a second owner is made [10.3]", "romeo", item(jid="juliet@localhost", affiliation="owner"))
    await s.admin("the first steps down [10.4]", "romeo", item(jid="romeo@localhost", affiliation="none"))
    await s.admin("an affiliation by nick [9.3]", "juliet", item(nick="mercutio", affiliation="admin"))
    await s.admin("an affiliation that is none", "juliet", item(jid="mercutio@localhost", affiliation="king"))
    await s.admin("an affiliation of what is no JID", "juliet", item(jid="@@", affiliation="member"))
    await s.admin("an affiliation and a role at once", "juliet",
                  item(jid="mercutio@localhost", nick="mercutio", affiliation="member", role="visitor"))
    await s.everybody_leaves()


async def passwords(s):
    s.scene("password")
    await made(s, passwordprotectedroom="1", roomsecret="sesame")
    await s.join("no password [7.2.5]", "juliet", "juliet")
    await s.join("a wrong password [7.2.5]", "juliet", "juliet", "<password>please</password>")
    await s.join("the right password [7.2.5]", "juliet", "juliet", "<password>sesame</password>")
    await s.message("an invitation tells it [7.8.2]", "romeo", "", to_user("<invite to='tybalt@localhost'/>"))
    await s.configure("protected by nothing [10.2]", "romeo",
                      {FIELD + "passwordprotectedroom": "1", FIELD + "roomsecret": ""})
    await s.configure("a new password alone [10.2]", "romeo", {FIELD + "roomsecret": "simsim"})
    await s.join("the old password [7.2.5]", "mercutio", "mercutio", "<password>sesame</password>")
    await s.join("the new password [7.2.5]", "mercutio", "mercutio", "<password>simsim</password>")
    await s.iq("disco#info says so [6.4]", "tybalt", "get", DISCO_INFO)
    await s.configure("no password any more [10.2]", "romeo",
                      {FIELD + "passwordprotectedroom": "0", FIELD + "roomsecret": ""})
    await s.join("no password is needed [7.2.5]", "tybalt", "tybalt")
    await s.everybody_leaves()


async def configuration(s):
    s.scene("configuration")
    form = "<query xmlns='http://jabber.org/protocol/muc#owner'/>"
    await made(s)
    await s.join("juliet enters", "juliet", "juliet")
    await s.iq("the form, for the owner [10.2]", "romeo", "get", form)
    await s.iq("the form, for a participant [10.2]", "juliet", "get", form)
    for name, value in (("roomname", "Balcony"), ("roomdesc", "Above the garden"), ("lang", "it"), ("publicroom", "0"),
                        ("persistentroom", "1"),
                        ("moderatedroom", "1"), ("membersonly", "0"), ("maxusers", "30"), ("whois",
                                                                                           "anyone"), ("changesubject",
                                                                                                       "1"),
                        ("allowinvites", "1"), ("allowpm", "moderators"), ("presencebroadcast",
                                                                           ["moderator", "participant"])):
        await s.configure(f"{name} is set [10.2.1]", "romeo", {FIELD + name: value})
    await s.iq("the form with all of it [10.2]", "romeo", "get", form)
    await s.iq("disco#info with all of it [6.4]", "tybalt", "get", DISCO_INFO)
    await s.iq("a hidden room is not listed [6.3]", "tybalt", "get", DISCO_ITEMS, s.rooms_domain)
    await s.join("who enters a room that shows JIDs is told [7.2.3]", "mercutio", "mercutio")
    await s.message("a private message where moderators alone may [7.5]", "juliet", "mercutio", "<body>psst</body>",
                    "chat")
    await s.configure("whois is set back [10.2.1]", "romeo", {FIELD + "whois": "moderators"})
    await s.configure("presencebroadcast is set back [10.2.1]", "romeo",
                      {FIELD + "presencebroadcast": ["moderator", "participant", "visitor"]})
    await s.configure("moderatedroom is set back [10.2.1]", "romeo", {FIELD + "moderatedroom": "0"})
    await s.configure("a participant configures [10.2]", "juliet", {FIELD + "roomname": "Mine"})
    await s.iq("it is cancelled [10.2]", "romeo", "set",
               "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='cancel'/></query>")
    await s.configure("a field that nobody knows [10.2]", "romeo", {FIELD + "colour": "red"})
    await s.configure("a boolean that is none [10.2]", "romeo", {FIELD + "moderatedroom": "perhaps"})
    await s.configure("a number that is none [10.2]", "romeo", {FIELD + "maxusers": "many"})
    await s.configure("a choice that is none [10.2]", "romeo", {FIELD + "whois": "nobody"})
    await s.configure("a field with two values [10.2]", "romeo", {FIELD + "roomname": ["One", "Two"]})
    await s.configure("another FORM_TYPE [10.2]", "romeo", {FIELD + "roomname": "Other"}, "urn:example:other")
    await s.iq("a submission without a form [10.2]", "romeo", "set", form)
    await s.configure("two users at most [7.2.9]", "romeo", {FIELD + "maxusers": "2"})
    await s.join("one too many [7.2.9]", "tybalt", "tybalt")
    await s.everybody_leaves()


async def destruction(s):
    s.scene("doomed")
    await made(s)
    await s.join("juliet enters", "juliet", "juliet")
    destroy = ("<query xmlns='http://jabber.org/protocol/muc#owner'><destroy jid='other@rooms.localhost'>"
               "<reason>Macbeth</reason><password>thane</password></destroy></query>")
    await s.iq("a participant destroys it [10.9]", "juliet", "set", destroy)
    await s.iq("the owner destroys it [10.9]", "romeo", "set", destroy)
    await s.iq("a self-ping in what was it [XEP-0410]", "juliet", "get", PING, "juliet")
    await s.join("it is made anew [10.1]", "juliet", "juliet")
    await s.configure("it is unlocked [10.1.2]", "juliet", {})
    await s.presence("an occupant's error presence [18.1.2]", "juliet", "juliet",
                     "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", "error")
    await s.everybody_leaves()


SCENES = [service, entering, nickless, subject, history, sessions, invitations, kicks, moderated, members_only,
          registration, bans, passwords,
          configuration, destruction]
