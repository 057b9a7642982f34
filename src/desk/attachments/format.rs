//! What a file is, by its first bytes: never by its name, nor by what the sender calls it.

use crate::taxonomy::Name;

/// So many of the first bytes say what a file is.
pub(super) const HEAD: usize = 64;

/// What one does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Look at it.
    Image,
    /// Listen to it.
    Audio,
}

impl Kind {
    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Audio => "audio",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Kind::Image => ("图片", "image"),
            Kind::Audio => ("录音", "recording"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// The most bytes that one of them may have.
    pub fn limit(self) -> u64 {
        match self {
            Kind::Image => 10 << 20,
            Kind::Audio => 20 << 20,
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    Webp,
    Gif,
    Heic,
    Mp3,
    Wav,
    /// MPEG-4 with sound and no picture, as telephones record.
    Mp4,
    Ogg,
    /// Voice messages of WeChat and old telephones.
    Amr,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 10] = [
        Format::Jpeg,
        Format::Png,
        Format::Webp,
        Format::Gif,
        Format::Heic,
        Format::Mp3,
        Format::Wav,
        Format::Mp4,
        Format::Ogg,
        Format::Amr,
    ];

    /// The format of a file that begins so; none where it is not one of ours. Signatures: ISO/IEC 10918-1, 15948 (PNG),
    /// 14496-12 and 23008-12 (MP4, HEIF), 11172-3 (MP3), RFC 9649 (WebP), RFC 3533 (Ogg), RFC 4867 (AMR).
    pub fn of(head: &[u8]) -> Option<Self> {
        let at = |place: usize, bytes: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(bytes));
        Some(match () {
            () if at(0, b"\xff\xd8\xff") => Format::Jpeg,
            () if at(0, b"\x89PNG\r\n\x1a\n") => Format::Png,
            () if at(0, b"GIF87a") || at(0, b"GIF89a") => Format::Gif,
            () if at(0, b"RIFF") && at(8, b"WEBP") => Format::Webp,
            () if at(0, b"RIFF") && at(8, b"WAVE") => Format::Wav,
            () if at(0, b"#!AMR\n") || at(0, b"#!AMR-WB\n") => Format::Amr,
            () if at(0, b"OggS") => return sounds(head).then_some(Format::Ogg),
            () if at(4, b"ftyp") => return brand(head),
            () if at(0, b"ID3") || is_layer_3(head) => Format::Mp3,
            () => return None,
        })
    }

    /// The one that is stored under a media type.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        Format::ALL.into_iter().find(|format| format.media_type() == media_type)
    }

    /// What one does with it.
    pub fn kind(self) -> Kind {
        match self {
            Format::Jpeg | Format::Png | Format::Webp | Format::Gif | Format::Heic => Kind::Image,
            Format::Mp3 | Format::Wav | Format::Mp4 | Format::Ogg | Format::Amr => Kind::Audio,
        }
    }

    /// What HTTP calls it.
    pub fn media_type(self) -> &'static str {
        self.texts().0
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        self.texts().1
    }

    /// How names of its files end, the usual ending first.
    pub fn endings(self) -> &'static [&'static str] {
        self.texts().2
    }

    fn texts(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Format::Jpeg => ("image/jpeg", "JPEG", &["jpg", "jpeg", "jfif"]),
            Format::Png => ("image/png", "PNG", &["png"]),
            Format::Webp => ("image/webp", "WebP", &["webp"]),
            Format::Gif => ("image/gif", "GIF", &["gif"]),
            Format::Heic => ("image/heic", "HEIC", &["heic", "heif"]),
            Format::Mp3 => ("audio/mpeg", "MP3", &["mp3"]),
            Format::Wav => ("audio/wav", "WAV", &["wav"]),
            Format::Mp4 => ("audio/mp4", "M4A", &["m4a", "mp4", "m4b"]),
            Format::Ogg => ("audio/ogg", "OGG", &["ogg", "oga", "opus"]),
            Format::Amr => ("audio/amr", "AMR", &["amr"]),
        }
    }
}

/// Whether the first packet of an Ogg stream is of sound: there are films in Ogg too.
fn sounds(head: &[u8]) -> bool {
    // 27 bytes, then the table of segments, whose length is the last of them.
    let packet = head.get(26).and_then(|segments| head.get(27 + usize::from(*segments)..));
    let codecs: [&[u8]; 4] = [b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC"];
    packet.is_some_and(|packet| codecs.iter().any(|codec| packet.starts_with(codec)))
}

/// HEIF pictures of HEVC, or MPEG-4 in one of the brands that recordings have. Whether there is a picture in it too is for
/// [`super::tracks::Tracks`] to say.
fn brand(head: &[u8]) -> Option<Format> {
    let length = u32::from_be_bytes(*head.first_chunk()?) as usize;
    let brands = head.get(8..length.min(head.len()))?;
    let major: &[u8; 4] = brands.first_chunk()?;
    // After the major brand its version, then those that it can be read as.
    let compatible = brands.get(8..).unwrap_or_default().chunks_exact(4);
    let heic = |brand: &[u8]| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx");
    match major {
        major if heic(major) => Some(Format::Heic),
        b"mif1" | b"msf1" => compatible.into_iter().any(heic).then_some(Format::Heic),
        b"M4A " | b"M4B " | b"mp41" | b"mp42" | b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"3gp4" | b"3gp5" => {
            Some(Format::Mp4)
        }
        _ => None,
    }
}

/// The header of a frame of MPEG audio, layer III, in which nothing is reserved.
fn is_layer_3(head: &[u8]) -> bool {
    let Some(&[first, second, third]) = head.first_chunk() else { return false };
    first == 0xff
        && second & 0xe0 == 0xe0
        && second & 0x18 != 0x08
        && second & 0x06 == 0x02
        && !matches!(third & 0xf0, 0x00 | 0xf0)
        && third & 0x0c != 0x0c
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_bytes_say_what_it_is() {
        let ogg = |packet: &[u8]| [&b"OggS"[..], &[0; 22], &[1, 30], packet].concat();
        for (head, format) in [
            (b"\xff\xd8\xff\xe1\x00\x18Exif".to_vec(), Some(Format::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Some(Format::Png)),
            (b"GIF89a\x01\x00".to_vec(), Some(Format::Gif)),
            (b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), Some(Format::Webp)),
            (b"RIFF\x24\0\0\0WAVEfmt ".to_vec(), Some(Format::Wav)),
            (b"RIFF\x24\0\0\0AVI LIST".to_vec(), None),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), Some(Format::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic".to_vec(), Some(Format::Heic)),
            (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif".to_vec(), None),
            (b"\0\0\0\x14ftypmif1\0\0\0\0avifheic".to_vec(), None),
            (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42".to_vec(), Some(Format::Mp4)),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ".to_vec(), None),
            (b"ID3\x04\0\0\0\0\0\x23TSSE".to_vec(), Some(Format::Mp3)),
            (b"\xff\xfb\x90\x64\0".to_vec(), Some(Format::Mp3)),
            (b"\xff\xf1\x50\x80\0".to_vec(), None),
            (b"#!AMR\n\x3c\x91".to_vec(), Some(Format::Amr)),
            (ogg(b"OpusHead\x01"), Some(Format::Ogg)),
            (ogg(b"\x80theora\x03"), None),
            (b"#!SILK_V3".to_vec(), None),
            (b"%PDF-1.7".to_vec(), None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>".to_vec(), None),
            (b"MZ\x90\0".to_vec(), None),
            (b"\xff\xd8".to_vec(), None),
            (b"".to_vec(), None),
        ] {
            assert_eq!(Format::of(&head), format, "{:?}", head.escape_ascii().to_string());
        }
    }

    #[test]
    fn every_format_is_found_by_its_media_type() {
        for format in Format::ALL {
            assert_eq!(Format::from_media_type(format.media_type()), Some(format));
            assert!(format.media_type().starts_with(format.kind().id()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(mut head in prop::collection::vec(any::<u8>(), 0..HEAD), of in 0usize..6) {
            let begins: [&[u8]; 6] = [b"", b"OggS", b"RIFF", b"\0\0\0\x20ftyp", b"\xff\xff\xff\xffftypmif1", b"\xff"];
            head.splice(..begins[of].len().min(head.len()), begins[of].iter().copied());
            if let Some(format) = Format::of(&head) {
                prop_assert!(Format::ALL.contains(&format));
            }
        }
    }
}
