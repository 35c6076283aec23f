"""XML as Finesse writes it, with made-up names."""

from __future__ import annotations

from xml.sax.saxutils import escape

__all__ = ["DIALOG", "FAILURES", "HIDDEN", "PHONE_BOOKS", "REASONS", "SYSTEM", "TEAM", "USER", "WRAP_UP_REASONS", "asynchronous", "update"]

USER = """<User>
  <uri>/finesse/api/User/1001</uri><loginId>1001</loginId><loginName>ada</loginName>
  <firstName>Ада</firstName><lastName>L &amp; Co</lastName><extension>4001</extension>
  <roles><role>Agent</role><role>Supervisor</role></roles>
  <state>NOT_READY</state><stateChangeTime>2026-11-23T07:08:09.123Z</stateChangeTime><pendingState></pendingState>
  <reasonCodeId>16</reasonCodeId>
  <ReasonCode><uri>/finesse/api/ReasonCode/16</uri><category>NOT_READY</category><code>10</code><label>Обед</label><forAll>true</forAll>
  <id>16</id></ReasonCode>
  <settings><wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming><wrapUpOnOutgoing>NOT_ALLOWED</wrapUpOnOutgoing></settings>
  <wrapUpTimer>120</wrapUpTimer><mediaType>1</mediaType>
  <teamId>5000</teamId><teamName>Blue</teamName>
  <teams><Team><uri>/finesse/api/Team/5001</uri><id>5001</id><name>Red</name></Team><Team><uri>/finesse/api/Team/5002</uri></Team></teams>
  <dialogs>/finesse/api/User/1001/Dialogs</dialogs>
</User>"""

DIALOG = """<Dialog>
  <uri>/finesse/api/Dialog/16801</uri><id>16801</id><secondaryId></secondaryId><associatedDialogUri></associatedDialogUri>
  <mediaType>Voice</mediaType><state>ALERTING</state>
  <fromAddress>+15550100</fromAddress><toAddress>7000</toAddress>
  <mediaProperties>
    <mediaId>1</mediaId><callType>PREROUTE_ACD_IN</callType><DNIS>7000</DNIS><dialedNumber>7000</dialedNumber>
    <queueNumber>5022</queueNumber><queueName>Sales &lt;b&gt;</queueName><wrapUpReason></wrapUpReason>
    <callvariables>
      <CallVariable><name>callVariable1</name><value>C-4711</value></CallVariable>
      <CallVariable><name>user.ticket</name><value></value></CallVariable>
    </callvariables>
  </mediaProperties>
  <participants>
    <Participant>
      <mediaAddress>4001</mediaAddress><mediaAddressType>AGENT_DEVICE</mediaAddressType>
      <state>ALERTING</state><stateCause></stateCause><startTime>2026-11-23T07:08:09.123Z</startTime>
      <stateChangeTime>2026-11-23T07:08:09.123Z</stateChangeTime>
      <actions><action>ANSWER</action></actions>
    </Participant>
    <Participant>
      <mediaAddress>+15550100</mediaAddress><mediaAddressType></mediaAddressType>
      <state>INITIATED</state><stateCause></stateCause><startTime>2026-11-23T07:08:05.000Z</startTime>
      <stateChangeTime>2026-11-23T07:08:05.000Z</stateChangeTime>
      <actions><action>UPDATE_CALL_DATA</action><action>DROP</action></actions>
    </Participant>
  </participants>
</Dialog>"""

HIDDEN = """<Dialog><uri>/finesse/api/Dialog/16802</uri><state>ALERTING</state><fromAddress/>
  <participants><Participant><mediaAddress>4001</mediaAddress><state>ALERTING</state><actions/></Participant></participants></Dialog>"""

SYSTEM = """<SystemInfo>
  <uri>/finesse/api/SystemInfo</uri><status>IN_SERVICE</status><statusReason></statusReason>
  <currentTimestamp>2026-11-23T07:08:09.123Z</currentTimestamp><timezoneOffset>-60</timezoneOffset>
  <deploymentType>UCCE</deploymentType><systemAuthMode>NON_SSO</systemAuthMode>
  <xmppDomain>fin-a.lab.test</xmppDomain><xmppPubSubDomain>pubsub.fin-a.lab.test</xmppPubSubDomain>
  <primaryNode><host>fin-a.lab.test</host></primaryNode><secondaryNode><host>fin-b.lab.test</host></secondaryNode>
</SystemInfo>"""

REASONS = """<ReasonCodes category="NOT_READY">
  <ReasonCode><uri>/finesse/api/ReasonCode/16</uri><category>NOT_READY</category><code>10</code><label>Обед</label></ReasonCode>
  <ReasonCode><uri>/finesse/api/ReasonCode/17</uri><category>NOT_READY</category><code>11</code><label>System</label>
  <systemCode>true</systemCode></ReasonCode>
  <ReasonCode><label>no id</label></ReasonCode>
</ReasonCodes>"""

WRAP_UP_REASONS = """<WrapUpReasons><WrapUpReason><uri>/finesse/api/WrapUpReason/3</uri><label>Продано</label></WrapUpReason>
  <WrapUpReason><uri>/finesse/api/WrapUpReason/4</uri><label/></WrapUpReason></WrapUpReasons>"""

PHONE_BOOKS = """<PhoneBooks><PhoneBook><name>All</name><type>GLOBAL</type><Contacts>
  <Contact><firstName>Иван</firstName><lastName>Петров</lastName><phoneNumber>+7 900 000-00-01</phoneNumber>
  <description>VIP</description></Contact>
  <Contact><firstName>Nobody</firstName><phoneNumber></phoneNumber></Contact></Contacts></PhoneBook>
  <PhoneBook><name>Blue</name><type>TEAM</type><Contacts><Contact><phoneNumber>7001</phoneNumber></Contact></Contacts></PhoneBook>
  <PhoneBook><name>Empty</name></PhoneBook></PhoneBooks>"""

TEAM = f"""<Team><uri>/finesse/api/Team/5000</uri><id>5000</id><name>Blue</name><users>{USER}
  <User><uri>/finesse/api/User/1002</uri><state>READY</state></User></users></Team>"""

FAILURES = """<ApiErrors><ApiError>
  <ErrorType>Invalid Input</ErrorType><ErrorMessage>toAddress is not usable</ErrorMessage><ErrorData>toAddress</ErrorData>
</ApiError></ApiErrors>"""


def update(inside: str, event: str = "PUT", source: str = "/finesse/api/User/1001", request: str = "") -> str:
    """A notification with this object."""
    asked = f"<requestId>{escape(request)}</requestId>"
    return f"<Update><data>{inside}</data><event>{event}</event>{asked}<source>{source}</source></Update>"


def asynchronous(type: str = "Invalid State", message: str = "CF_INVALID_OBJECT_STATE", data: str = "22") -> str:
    """What the contact centre refuses after the request was taken, in lower case."""
    return (
        f"<apiErrors><apiError><errorType>{type}</errorType><errorMessage>{message}</errorMessage><errorData>{data}</errorData>"
        "<peripheralErrorCode>10125</peripheralErrorCode><peripheralErrorMsg>PERERR_X</peripheralErrorMsg>"
        "<peripheralErrorText>words from the switch</peripheralErrorText></apiError></apiErrors>"
    )
