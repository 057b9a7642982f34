//! Whether there is only sound in an MPEG-4 file. Its first bytes do not say, and where its tracks are described is anybody's
//! choice: the boxes are walked as the file comes (ISO/IEC 14496-12, 4.2 and 8.4.3).

/// Descriptions of recordings have some kilobytes; of one that is longer only so much is read.
const DESCRIPTION: usize = 4 << 20;

/// Walks the outermost boxes and keeps the description of the tracks.
#[derive(Default)]
pub(super) struct Tracks {
    /// The head of a box, as far as it has come.
    head: Vec<u8>,
    /// So many bytes of the box are still to come.
    left: u64,
    /// Whether the box is the description.
    describes: bool,
    description: Vec<u8>,
}

impl Tracks {
    /// Goes on with the next bytes of the file.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let here = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                if self.describes {
                    let room = DESCRIPTION - self.description.len();
                    self.description.extend_from_slice(&bytes[..here.min(room)]);
                }
                self.left -= here as u64;
                bytes = &bytes[here..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if let Some(left) = content(&self.head) {
                self.describes = self.head[4..8] == *b"moov";
                self.left = left;
                self.head.clear();
            }
        }
    }

    /// Whether there is a track of sound, and none of pictures.
    pub fn are_sound(&self) -> bool {
        // The handler of a track stands 12 bytes after the name of the box that tells it.
        let handlers = self.description.windows(16).filter(|box_| box_.starts_with(b"hdlr")).map(|box_| &box_[12..16]);
        let mut sound = false;
        for handler in handlers {
            match handler {
                b"vide" | b"auxv" | b"pict" => return false,
                b"soun" => sound = true,
                _ => {}
            }
        }
        sound
    }
}

/// How many bytes come after the head of a box; none while the head is not whole.
fn content(head: &[u8]) -> Option<u64> {
    let size = u64::from(u32::from_be_bytes(*head.first_chunk()?));
    let (size, length) = match size {
        // To the end of the file.
        0 if head.len() == 8 => return Some(u64::MAX),
        1 if head.len() == 16 => (u64::from_be_bytes(*head[8..].first_chunk()?), 16),
        size if size != 1 && head.len() == 8 => (size, 8),
        _ => return None,
    };
    Some(size.saturating_sub(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
    }

    fn track(handler: &[u8; 4]) -> Vec<u8> {
        let handler = made(b"hdlr", &[&[0; 8][..], handler, &[0; 13]].concat());
        made(b"trak", &made(b"mdia", &handler))
    }

    fn file(tracks: &[&[u8; 4]]) -> Vec<u8> {
        let tracks: Vec<u8> = tracks.iter().flat_map(|handler| track(handler)).collect();
        // The long form of a size, as recorders write that do not know the length before.
        let data = [&1u32.to_be_bytes()[..], b"mdat", &24u64.to_be_bytes(), b"hdlrsound"].concat();
        [made(b"ftyp", b"mp42\0\0\0\0isommp42"), data[..24].to_vec(), made(b"moov", &tracks)].concat()
    }

    fn sound(file: &[u8], portion: usize) -> bool {
        let mut tracks = Tracks::default();
        file.chunks(portion).for_each(|bytes| tracks.read(bytes));
        tracks.are_sound()
    }

    #[test]
    fn a_recording_has_sound_and_no_picture() {
        for portion in [1, 7, 4096] {
            assert!(sound(&file(&[b"soun"]), portion));
            assert!(!sound(&file(&[b"vide", b"soun"]), portion));
            assert!(!sound(&file(&[b"soun", b"vide"]), portion));
            assert!(!sound(&file(&[b"hint"]), portion));
            assert!(!sound(&file(&[]), portion));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm_and_portions_do_not_matter(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            cut in 0usize..60,
            portion in 1usize..50,
        ) {
            let file = [&file(&[b"soun"])[..cut], &bytes].concat();
            prop_assert_eq!(sound(&file, portion), sound(&file, usize::MAX));
        }
    }
}
