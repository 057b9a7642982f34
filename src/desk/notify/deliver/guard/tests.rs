use super::{address::*, *};
use ipnet::{Ipv4Net, Ipv6Net};
use proptest::prelude::*;
use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

/// A guard that would let everything pass but for its address.
static LAX: LazyLock<Guard> =
    LazyLock::new(|| Guard { http: true, ports: (1..=u16::MAX).collect(), allow: Vec::new() });

fn fault(guard: &Guard, url: &str) -> String {
    guard.endpoint(url).unwrap_err().to_string()
}

#[test]
fn what_passes() {
    for (url, host) in [
        ("https://example.com/hook?key=1", "example.com"),
        ("https://example.com", "example.com"),
        ("HTTPS://EXAMPLE.com:443/", "example.com"),
        ("https://客服.example/hook", "xn--ubtq9x.example"),
        ("https://93.184.215.14/", "93.184.215.14"),
        ("https://[2606:4700::6810:84e5]/", "2606:4700::6810:84e5"),
    ] {
        assert_eq!(Guard::default().endpoint(url).unwrap().host(), host);
    }
}

#[test]
fn what_is_refused_and_why() {
    let strict = Guard::default();
    for (url, told) in [
        ("", "relative URL without a base"),
        ("example.com/hook", "relative URL without a base"),
        ("http://example.com/", "http can be read on the way"),
        ("file:///etc/passwd", "`file` is no scheme of webhooks"),
        ("gopher://example.com:443/", "`gopher` is no scheme"),
        ("https://user@example.com/", "a user or a password"),
        ("https://:pass@example.com/", "a user or a password"),
        ("https://example.com@127.0.0.1/", "a user or a password"),
        ("https://example.com/#x", "a fragment"),
        ("https://example.com:22/", "port 22 is not allowed; allowed: 443"),
        ("https://example.com:8443/", "port 8443 is not allowed"),
        ("https://example.com/\r\nx: y", "spaces or control characters"),
        ("https://exa mple.com/", "spaces or control characters"),
        ("https://10.0.0.1/", "10.0.0.1 is not a public address"),
        ("https://[::1]/", "::1 is not a public address"),
        ("https://[fe80::1%25eth0]/", "invalid IPv6 address"),
        ("https://1.2.3.4.5/", "invalid"),
        (&format!("https://example.com/{}", "a".repeat(2048)), "it has 2068 bytes; the limit is 2048"),
    ] {
        assert!(fault(&strict, url).contains(told), "{url}: {}", fault(&strict, url));
    }
    assert!(!fault(&strict, "https://example.com:22/secret?key=abc").contains("secret"));
}

#[test]
fn no_debug_shows_the_path() {
    let endpoint = Guard::default().endpoint("https://open.feishu.cn/open-apis/bot/v2/hook/SECRET?k=v").unwrap();
    assert_eq!(format!("{endpoint:?}"), "Endpoint(https://open.feishu.cn…)");
}

#[test]
fn the_addresses_of_metadata_and_of_every_special_network() {
    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.0.23",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2400:3200::1",
        "2606:4700::1111",
        "3ffe::1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn what_an_operator_allows() {
    let text = "http = true\nports = [80, 443, 8080]\nallow = [\"10.1.0.0/16\", \"127.0.0.1\", \"Hooks.Internal.\", \"fd00::/8\"]\n";
    let guard: Guard = toml::from_str(text).unwrap();
    for (host, address, admitted) in [
        ("x.example", "10.1.2.3", true),
        ("x.example", "10.2.0.1", false),
        ("x.example", "127.0.0.1", true),
        ("x.example", "127.0.0.2", false),
        ("x.example", "fd00::7", true),
        ("hooks.internal", "192.168.0.9", true),
        ("HOOKS.internal.", "192.168.0.9", true),
        ("evil-hooks.internal", "192.168.0.9", false),
        ("hooks.internal.evil.example", "192.168.0.9", false),
        ("x.example", "::ffff:10.1.2.3", false),
    ] {
        assert_eq!(guard.admits(host, address.parse().unwrap()), admitted, "{host} {address}");
    }
    assert!(guard.endpoint("http://127.0.0.1:8080/x").is_ok());
    assert!(guard.endpoint("http://127.0.0.2:8080/x").is_err());
    for (from, to, told) in [
        ("10.1.0.0/16", "10.1.2.0/16", "`10.1.2.0/16` has bits behind its prefix; the network is 10.1.0.0/16"),
        ("10.1.0.0/16", "10.1.0.0/40", "`10.1.0.0/40` is neither a network"),
        ("10.1.0.0/16", "https://x/", "`https://x/` is neither a network"),
        ("10.1.0.0/16", "0x7f.1", "`0x7f.1` is neither a network"),
        ("10.1.0.0/16", "", "`` is neither a network"),
        ("http =", "https =", "unknown field `https`"),
    ] {
        let error = toml::from_str::<Guard>(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(toml::from_str::<Guard>("").unwrap(), Guard::default());
}

/// The ways in which one IPv4 address is written in URLs.
fn writings(address: Ipv4Addr) -> Vec<String> {
    let number = u32::from(address);
    let [a, b, c, d] = address.octets();
    let wide = |text: String| -> String {
        let digit = |c: char| char::from_u32(u32::from(c) - u32::from('0') + 0xff10).expect("full width digits exist");
        text.chars().map(|c| if c == '.' { '。' } else { digit(c) }).collect()
    };
    vec![
        address.to_string(),
        format!("{address}."),
        number.to_string(),
        format!("0x{number:x}"),
        format!("0{number:o}"),
        format!("0X{a:X}.0x{b:x}.0{c:o}.{d}"),
        format!("{a}.{}", number & 0xff_ffff),
        format!("{a}.{b}.{}", number & 0xffff),
        format!("%{:x}{}", a.to_string().as_bytes()[0], &address.to_string()[1..]),
        wide(address.to_string()),
        format!("[::ffff:{address}]"),
        format!("[::ffff:{:x}:{:x}]", number >> 16, number & 0xffff),
        format!("[::{address}]"),
        format!("[64:ff9b::{address}]"),
        format!("[2002:{:x}:{:x}::1]", number >> 16, number & 0xffff),
    ]
}

/// An address of a network, by its number within it.
fn within_v4(net: Ipv4Net, number: u32) -> Ipv4Addr {
    (u32::from(net.network()) | number & u32::from(net.hostmask())).into()
}

fn within_v6(net: Ipv6Net, number: u128) -> Ipv6Addr {
    (u128::from(net.network()) | number & u128::from(net.hostmask())).into()
}

proptest! {
    #[test]
    fn no_special_address_passes_however_it_is_written(net in prop::sample::select(SPECIAL_V4.to_vec()), number: u32) {
        let address = within_v4(net, number);
        for host in writings(address) {
            for url in [format!("http://{host}/"), format!("https://{host}:8080/x")] {
                prop_assert!(LAX.endpoint(&url).is_err(), "{}", url);
            }
        }
    }

    #[test]
    fn public_addresses_pass_in_their_usual_form(number: u32) {
        let address = Ipv4Addr::from(number);
        prop_assume!(!SPECIAL_V4.iter().any(|net| net.contains(&address)));
        let endpoint = LAX.endpoint(&format!("https://{address}/"));
        prop_assert_eq!(endpoint.unwrap().host(), address.to_string());
        let mapped = LAX.endpoint(&format!("https://[::ffff:{address}]/"));
        prop_assert!(mapped.is_err());
    }

    #[test]
    fn no_special_address_of_ipv6_passes(net in prop::sample::select(SPECIAL_V6.to_vec()), inside: u128, anywhere: u128) {
        let outside = Ipv6Addr::from(anywhere);
        for address in [within_v6(net, inside), outside] {
            if address == outside && GLOBAL_V6.contains(&outside) {
                continue;
            }
            prop_assert!(!is_public(address.into()));
            let endpoint = LAX.endpoint(&format!("https://[{address}]/"));
            prop_assert!(endpoint.is_err());
        }
    }

    #[test]
    fn no_url_makes_it_panic(url in "\\PC{0,60}|https?://[\\[\\]:%@0-9a-fx.]{0,20}(:[0-9]{1,6})?/?\\PC{0,5}") {
        if let Ok(endpoint) = LAX.endpoint(&url) {
            prop_assert!(!endpoint.host().is_empty());
            prop_assert_eq!(LAX.endpoint(endpoint.url()).unwrap(), endpoint, "stored and read again, it is the same");
        }
    }
}
