"""The frame of every page: navigation, top bar, page head."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import markup
from dashboard.components.icons import icon
from dashboard.plain import Plain
from reports.figures.tokens import accent_faces, text_on

_SEARCH = "/"
KEYS = (
    (_SEARCH, "Search or filter"),
    ("D W M Q Y", "Day, week, month, quarter, year"),
    ("\u2191 \u2193", "Move between rows of a table"),
    ("?", "This list"),
    ("Esc", "Close"),
)


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place to go to, under the title of its group; the page's script keeps the mark on the open one."""

    label: str
    href: str
    icon: str
    group: str = ""
    current: bool = False


def root(children: Any) -> dmc.MantineProvider:
    """Return the children within Mantine's provider, set in our type; the page's script switches its theme."""
    return dmc.MantineProvider(
        children,
        theme={"fontFamily": "var(--font)", "cursorType": "pointer", "respectReducedMotion": True},
        defaultColorScheme="auto",
    )


def brand_mark(name: str, logo_svg: str | None = None) -> list[Component]:
    """Return logo (or initial) and name."""
    if logo_svg:
        source = "data:image/svg+xml," + quote(logo_svg)
        mark: Component = html.Img(src=source, alt="", className="brand__logo")
    else:
        mark = html.Span(name[:1].upper(), className="brand__mark", **{"aria-hidden": "true"})
    return [mark, html.Span(name, className="brand__name")]


def nav(items: Sequence[NavItem], brand: Sequence[Component], *, home: str = "/") -> html.Nav:
    """Return the left navigation, grouped by task."""
    groups: dict[str, list[Component]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(_nav_link(item, "nav__link"))
    sections = [
        html.Div([html.Div(title, className="nav__title"), *links], className="nav__group")
        for title, links in groups.items()
    ]
    return html.Nav(
        [dcc.Link(list(brand), href=home, className="brand"), *sections],
        className="nav",
        **{"aria-label": "Main"},
    )


def _nav_link(item: NavItem, name: str) -> dcc.Link:
    current = f"{name} nav__link--active" if item.current else name
    return dcc.Link([icon(item.icon), html.Span(item.label)], href=item.href, className=current)


def tab_bar(items: Sequence[NavItem]) -> html.Nav:
    """Return the phone's bottom bar: the first five places."""
    links = [_nav_link(item, "tabs__link") for item in items[:5]]
    return html.Nav(links, className="tabs", **{"aria-label": "Main, small screen"})


def crumbs(trail: Sequence[tuple[str, str]], title: str) -> html.Nav:
    """Return the way here: (label, address) of what lies above, then the page's own title."""
    steps = [html.Li([dcc.Link(label, href=href), icon("chevron-right")]) for label, href in trail]
    own = html.Li(html.Span(title, **{"aria-current": "page"}))
    return html.Nav(html.Ol([*steps, own], className="crumbs"), **{"aria-label": "Breadcrumb"})


def topbar(
    left: Any,
    person: str,
    *,
    email: str = "",
    role: str = "",
    zone: str = "",
    logout_action: str = "/logout",
    logout_fields: Sequence[Component] = (),
    more_places: Sequence[NavItem] = (),
) -> html.Header:
    """Return the bar above a page: what is on its left, time zone, theme, person.

    logout_fields: hidden inputs of the log-out form (the CSRF token). more_places: what the phone's bottom bar
    has no room for; they stand in the person's menu.
    """
    initials = "".join(part[:1] for part in person.split()[:2]).upper()
    detail = " \u00b7 ".join(part for part in (role, email) if part)
    sheet = [
        html.Div(
            [
                html.Strong(person),
                html.Span(detail, className="muted small"),
                # The bar has no room for it on a phone.
                *([html.Span(f"Times in {zone}", className="menu__zone muted small")] if zone else []),
            ],
            className="menu__who",
        ),
        *[
            dcc.Link(
                [icon(item.icon, small=True), item.label],
                href=item.href,
                className="menu__item menu__item--phone",
            )
            for item in more_places
        ],
        html.Button(
            [icon("menu", small=True), "Keys"],
            type="button",
            className="menu__keys",
            **{"data-action": "dialog", "data-target": "keys"},
        ),
        html.Form(
            [*logout_fields, html.Button([icon("signout", small=True), "Log out"], type="submit")],
            method="post",
            action=logout_action,
        ),
    ]
    summary = [
        html.Span(initials, className="avatar", **{"aria-hidden": "true"}),
        html.Span(f"Account of {person}", className="sr-only"),
        icon("chevron", small=True),
    ]
    theme = html.Button(
        icon("moon"),
        type="button",
        className="quiet",
        title="Light or dark",
        **{"data-action": "theme", "aria-label": "Dark theme"},
    )
    menu = html.Details([html.Summary(summary), html.Div(sheet, className="menu__sheet")], className="menu")
    clock = [html.Span(zone, className="topbar__zone", title="Time zone of every number")] if zone else []
    return html.Header(
        [html.Div(left, className="topbar__left"), html.Div([*clock, theme, menu], className="topbar__side")],
        className="topbar",
    )


def keys_dialog() -> html.Dialog:
    """Return the list of keys, opened by `?`."""
    pairs: list[Component] = []
    for keys, meaning in KEYS:
        # The style sheet leaves it out where a page has nothing to search.
        named = {"className": "keys__search"} if keys == _SEARCH else {}
        pairs.append(html.Dt([html.Kbd(key) for key in keys.split(" ")], **named))
        pairs.append(html.Dd(meaning, **named))
    return html.Dialog(
        [
            html.H2("Keys"),
            html.Dl(pairs, className="keys"),
            html.Div(
                html.Button("Close", type="button", className="button", **{"data-action": "close"}),
                style={"marginTop": 24},
            ),
        ],
        id="keys",
        className="dialog",
    )


def frame(
    *,
    navigation: Sequence[NavItem],
    brand: str,
    person: str,
    title: str,
    body: Any,
    logo_svg: str | None = None,
    accent: str | None = None,
    zone: str = "",
    email: str = "",
    role: str = "",
    trail: Sequence[tuple[str, str]] = (),
    home: str = "/",
    logout_fields: Sequence[Component] = (),
) -> list[Component]:
    """Return the whole frame: navigation, top bar, the page's body, the phone's bar, the list of keys.

    accent: the tenant's colour (#rrggbb); it replaces ours, moved as far as contrast needs on either theme.
    """
    mark = brand_mark(brand, logo_svg)
    top = topbar(
        crumbs(trail, title),
        person,
        email=email,
        role=role,
        zone=zone,
        logout_fields=logout_fields,
        more_places=navigation[5:],
    )
    main = html.Main(body, id="content", className="content", tabIndex="-1")
    return [
        html.Div(
            [
                html.A("Skip to content", href="#content", className="skip"),
                nav(navigation, mark, home=home),
                html.Div([top, main], className="main"),
                tab_bar(navigation),
                keys_dialog(),
            ],
            className="shell",
            style=accent_style(accent) if accent else {},
            # The page's script names the browser's tab by it: what is sent before anybody is known says only podboard.
            **{"data-title": f"{title} · {brand}"},
        )
    ]


def accent_style(accent: str) -> dict[str, str]:
    """Return the style that sets a tenant's accent for both themes."""
    light, dark = accent_faces(accent)
    soft = "color-mix(in srgb, var(--accent) 10%, var(--surface))"
    return {
        "--accent": f"light-dark({light}, {dark})",
        "--accent-soft": soft,
        "--on-accent": f"light-dark({text_on(light)}, {text_on(dark)})",
    }


def page_header(
    title: str,
    sentence: Any,
    *,
    as_of: str | None = None,
    reaches: str = "",
    notes: Sequence[str] = (),
    actions: Sequence[Component | Plain] = (),
) -> Plain:
    """Return the head of a page: its title, the one sentence made from its numbers, as of when it is true.

    sentence: text, or a list of text and markup.Strong. reaches: how far each source has come, told on pointing at it.
    """
    foot = [
        *([markup.Span(as_of, **({"title": reaches} if reaches else {}))] if as_of else []),
        *[markup.Span(note) for note in notes],
    ]
    return markup.Div(
        markup.Div(
            [
                markup.Div(
                    [
                        markup.H1(title, className="head__title"),
                        markup.P(sentence, className="head__sentence"),
                        markup.Div(foot, className="head__foot"),
                    ]
                ),
                markup.Div(list(actions), className="head__actions"),
            ],
            className="head__row",
        ),
        className="head",
    )
