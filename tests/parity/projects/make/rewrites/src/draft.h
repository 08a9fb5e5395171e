#define DRAFT "draft 1012"
