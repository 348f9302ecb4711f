"""Pages that come by mail and mean no good: three hundred that want to run a script, sixty that want to be told that they were read."""

from __future__ import annotations

from itertools import product

CALL = "(window.top||window).__pwned=1;alert(1)"
EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onbegin", "onanimationstart", "onmouseover", "onpointerenter", "onwheel", "onscroll", "onsecuritypolicyviolation", "oncontentvisibilityautostatechange")
AT = (
    "<img src=x {on}=\"{js}\">", "<svg {on}={js}>", "<body {on}={js}>", "<input autofocus {on}={js}>", "<details open {on}={js}>", "<svg><animate {on}={js} attributeName=x dur=1s>",
    "<video src=x {on}={js}><source src=x {on}={js}>", "<iframe {on}={js}></iframe>", "<object data=x {on}={js}>", "<table background=x {on}={js}><td {on}={js}>x</table>", "<img/src=x\t{on}\n=\n{js}>",
    "<a href=x id=x tabindex=1 {on}={js} style=animation-name:x>x</a>", "<marquee {on}={js}>x</marquee>", "<x contenteditable autofocus tabindex=1 {on}={js}>x", "<p title=\"' {on}={js} '\">x",
)  # fmt: skip
ADDRESSES = (
    "javascript:{js}", "JaVaScRiPt:{js}", "java\tscript:{js}", "java\nscript:{js}", "\x01javascript:{js}", " javascript:{js}", "&#106;avascript:{js}", "jav&#x09;ascript:{js}", "javascript&colon;{js}",
    "javascript&#58;{js}", "vbscript:{js}", "data:text/html,<script>{js}</script>", "data:text/html;base64,PHNjcmlwdD50b3AuX19wd25lZD0xPC9zY3JpcHQ+", "data:image/svg+xml,<svg onload='{js}'>",
    "view-source:javascript:{js}", "feed:javascript:{js}", "//javascript:{js}", "javascript://%0a{js}",
)  # fmt: skip
LEADS = ("<a href=\"{to}\">x</a>", "<img src=\"{to}\">", "<iframe src=\"{to}\"></iframe>", "<form action=\"{to}\"><button>x</button></form>", "<meta http-equiv=refresh content=\"0;{to}\">")
# What cleaners were fooled by: markup that means one thing where it is cleaned, and another where it is shown.
TURNED = (
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={js}>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror={js}&gt;\">",
    "<svg></p><style><a id=\"</style><img src=1 onerror={js}>\">", "<noscript><p title=\"</noscript><img src=x onerror={js}>\">", "<noembed><p title=\"</noembed><img src=x onerror={js}>\">",
    "<noframes><p title=\"</noframes><img src=x onerror={js}>\">", "<xmp><p title=\"</xmp><img src=x onerror={js}>\">", "<plaintext><img src=x onerror={js}>", "<style><style/><img src=x onerror={js}></style>",
    "<title><p title=\"</title><img src=x onerror={js}>\">", "<textarea><p title=\"</textarea><img src=x onerror={js}>\">", "<select><iframe><p title=\"</iframe><img src=x onerror={js}>\"></select>",
    "<svg><desc><table><desc></p></desc><style><!--</style><img src=x onerror={js}>-->", "<math><mi><table><mi><mglyph><svg><mtext><textarea><path id=\"</textarea><img onerror={js} src=1>\"></mtext>",
    "<svg><title><![CDATA[</title><img src=x onerror={js}>]]>", "<svg><foreignObject><math><mi><b><mglyph><style><img src=x onerror={js}></style>", "<math><annotation-xml encoding=text/html><img src=x onerror={js}>",
    "<math href=javascript:{js}>x</math>", "<math><mtext><img src=x onerror={js}></mtext></math>", "<template><img src=x onerror={js}></template>", "<div><template shadowrootmode=open><img src=x onerror={js}></template></div>",
    "<template><s><template shadowrootmode=open><script>{js}</script></template>", "<!--><img src=x onerror={js}>-->", "<!--!><img src=x onerror={js}>", "<!--x--!><img src=x onerror={js}>-->", "<![CDATA[<img src=x onerror={js}>]]>",
    "<?xml ><img src=x onerror={js}>?>", "<!DOCTYPE x [<!ENTITY x \"<img src=x onerror={js}>\">]>&x;", "<a title=\"`onmouseover={js}\">x</a>", "<img alt=\"`><img src=x onerror={js}>\">", "<a href=\"x\"onmouseover=\"{js}\">x</a>",
    "<p style=\"x:'</p><img src=x onerror={js}>'\">", "<p style=\"width:expression({js})\">x", "<p style=\"background:url(javascript:{js})\">x", "<p style=\"behavior:url(x.htc);-moz-binding:url(x)\">x",
    "<style>*{{background:url('javascript:{js}')}}</style>", "<style>@import 'javascript:{js}';</style>", "<link rel=stylesheet href=\"javascript:{js}\">", "<base href=\"javascript:{js}//\"><a href=x>x</a>",
    "<script>{js}</script>", "<SCRIPT SRC=data:,{js}></SCRIPT>", "<scr<script>ipt>{js}</scr</script>ipt>", "<script/x>{js}</script\n>", "<svg><script>{js}</script></svg>", "<math><script>{js}</script></math>",
    "<svg><script href=data:,{js} /></svg>", "<script type=module>{js}</script>", "<script type=importmap>{{}}</script><script type=module>{js}</script>", "<iframe srcdoc=\"<script>parent.{js}</script>\"></iframe>",
    "<iframe srcdoc=\"&lt;img src=x onerror={js}&gt;\"></iframe>", "<object data=\"data:text/html,<script>{js}</script>\"></object>", "<embed src=\"data:text/html,<script>{js}</script>\">", "<applet code=x archive=\"javascript:{js}\">",
    "<isindex action=javascript:{js} type=image>", "<form><button formaction=javascript:{js}>x</button></form>", "<form id=x></form><button form=x formaction=javascript:{js}>x", "<input type=image src=x formaction=javascript:{js}>",
    "<svg><a xlink:href=javascript:{js}><text y=9>x</text></a></svg>", "<svg><use href=\"data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><script>{js}</script></svg>#x\"></svg>",
    "<svg><set attributeName=onmouseover to={js}>", "<svg><animate attributeName=href values=javascript:{js}>", "<svg><handler xmlns:ev=http://www.w3.org/2001/xml-events ev:event=load>{js}</handler></svg>",
    "<img name=cookie><img src=x onerror={js}>", "<a id=x name=body>x</a><img src=x onerror={js}>", "<img src=\"x` `<script>{js}</script>\"` `>", "<img \"\"\"><script>{js}</script>\">", "<<img src=x onerror={js}>//<", "<img src=x:x onerror={js}//",
    "</div></body></html><script>{js}</script>", "</iframe><script>{js}</script>", "\"></iframe><img src=x onerror={js}>", "&quot;&gt;&lt;/iframe&gt;<img src=x onerror={js}>", "'--><img src=x onerror={js}>", "\x00<scr\x00ipt>{js}</scr\x00ipt>",
    "+ADw-script+AD4-{js}+ADw-/script+AD4-", "\u2028<img src=x onerror={js}>", "<\u0131mg src=x onerror={js}>", "<\uff1cscript>{js}", "{{{{constructor.constructor('{js}')()}}}}", "<div v-html=\"{js}\" @click=\"{js}\">x</div>",
    "<component :is=\"'script'\">{js}</component>", "<portal src=javascript:{js}>", "<fencedframe src=javascript:{js}>", "<dialog open oncancel={js}>x</dialog>", "<button popovertarget=x>y</button><div popover id=x onbeforetoggle={js}>",
    "<audio autoplay src=x oncanplay={js}>", "<track src=x oncuechange={js}>", "<keygen autofocus onfocus={js}>", "<bgsound src=javascript:{js}>", "<layer src=javascript:{js}>", "<frameset onload={js}><frame src=javascript:{js}>",
    "<img srcset=\"x 1x,javascript:{js} 2x\" onerror={js}>", "<picture><source srcset=x onerror={js}><img src=x onerror={js}></picture>", "<map name=x><area href=javascript:{js} shape=rect coords=0,0,9,9></map><img usemap=#x src=x>",
)  # fmt: skip

SCRIPTS = tuple(
    [at.format(on=on, js=CALL) for at, on in product(AT, EVENTS)]
    + [lead.format(to=to.format(js=CALL)) for lead, to in product(LEADS, ADDRESSES)][::2]
    + [form.format(js=CALL) for form in TURNED]
)
"""Each is a page of its own: one after the other they would close and swallow each other's tags."""

TRACKERS = (
    "<img src=\"{to}\">", "<img src={to} width=1 height=1>", "<img src=\"{bare}\">", "<img src=\"\\\\{host}/x\">", "<img srcset=\"{to} 1x, {to}2 2x\">", "<img src=x lowsrc={to} dynsrc={to}>", "<img src={to} loading=eager crossorigin>",
    "<picture><source srcset={to}><img src={to}></picture>", "<image src={to}>", "<input type=image src={to}>", "<body background={to}>", "<table background={to}><tr background={to}><td background={to}>x</table>", "<th background={to}>x",
    "<p style=\"background:url({to})\">x", "<p style=\"background-image:url('{to}')\">x", "<p style='background-image:image-set(\"{to}\" 1x)'>x", "<p style=\"background:u\\72l({to})\">x", "<p style=\"background:url&#40;{to}&#41;\">x",
    "<ul style=\"list-style-image:url({to})\"><li>x</ul>", "<p style=\"border-image:url({to}) 1\">x", "<p style=\"border-image-source:url({to})\">x", "<p style=\"cursor:url({to}),auto\">x", "<p style=\"content:url({to})\">x",
    "<p style=\"mask:url({to});-webkit-mask-image:url({to})\">x", "<p style=\"filter:url({to}#x);clip-path:url({to}#x)\">x", "<p style=\"shape-outside:url({to})\">x", "<p style=\"--x:url({to});background:var(--x)\">x", "<p style=\"src:url({to})\">x",
    "<style>@import '{to}';</style>", "<style>@import url({to}) screen;</style>", "<style>*{{background:url({to})}}</style>", "<style>@font-face{{font-family:x;src:url({to})}}*{{font-family:x}}</style>", "<style>*::before{{content:url({to})}}</style>",
    "<link rel=stylesheet href={to}>", "<link rel=preload as=image href={to}>", "<link rel=prefetch href={to}>", "<link rel=preconnect href={to}>", "<link rel=dns-prefetch href={bare}>", "<link rel=icon href={to}>", "<link rel=modulepreload href={to}>",
    "<link rel=preload as=image imagesrcset={to}>", "<link rel=manifest href={to}>", "<link rel=prerender href={to}>", "<script type=speculationrules>{{\"prefetch\":[{{\"urls\":[\"{to}\"]}}]}}</script>", "<script src={to}></script>",
    "<video poster={to}></video>", "<video src={to} autoplay></video>", "<audio src={to} autoplay></audio>", "<video autoplay><source src={to}><track default src={to}></video>", "<object data={to}></object>", "<embed src={to}>", "<iframe src={to}></iframe>",
    "<frameset><frame src={to}></frameset>", "<svg><image href={to} xlink:href={to} /></svg>", "<svg><use href={to}#x /></svg>", "<svg><filter id=x><feImage href={to} /></filter><rect filter=url(#x) width=9 height=9 /></svg>", "<svg><style>@import '{to}'</style></svg>",
    "<base href={to}><img src=x.png>", "<meta http-equiv=refresh content=\"0;url={to}\">", "<html manifest={to}>", "<bgsound src={to}>", "<applet archive={to}>", "<a href={to} ping={to}>x</a>", "<blockquote cite={to}>x</blockquote>",
    "<img src=\"blocked:{to}\">", "<img src=\"cid:{to}\">", "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='{to}'/></svg>\">", "<object type=text/html data=\"data:text/html,<img src={to}>\"></object>",
)  # fmt: skip


def trackers(host: str) -> list[str]:
    """Each form, asking ``host`` (with its port) for something that names the form."""
    return [form.format(to=f"http://{host}/form-{number}", bare=f"//{host}/form-{number}", host=host) for number, form in enumerate(TRACKERS)]
