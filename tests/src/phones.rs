//! Fictitious numbers: `+1 AAA 555 01XX`, a hundred for each geographic area code.

use shared::domain::phone::MobileNumber;
use shared::domain::region::Regions;

const AREAS: [u16; 128] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229,
    231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 303,
    304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334,
    336, 337, 339, 346, 347, 351, 352, 360, 361, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412,
    413, 414, 415, 417, 419, 423, 424, 425, 430, 432, 434, 435, 440, 443, 469, 470, 475, 478, 479, 480, 484,
    501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 530, 540, 541, 551, 559,
    561, 562,
];

/// All of them that we would text.
#[must_use]
pub fn all() -> Vec<String> {
    let all = AREAS.iter().flat_map(|area| (100..200).map(move |line| format!("+1{area}5550{line}")));
    all.filter(|number| MobileNumber::parse(number, &Regions::all()).is_ok()).collect()
}
