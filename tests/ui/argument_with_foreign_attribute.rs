// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(
        &self,
        #[query("page-size")] page_size: Option<u32>,
        #[serde(rename = "sort-by")] sort_by: Option<String>,
    ) -> usize {
        page_size.unwrap_or(10) as usize + sort_by.map_or(0, |it| it.len())
    }
}

fn main() {}
