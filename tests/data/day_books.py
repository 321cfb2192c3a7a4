"""Titles and shelves of the small day: real books, typed by hand; prices and weights are its own."""

from typing import NamedTuple


class Book(NamedTuple):
    """One title: `price_gbp` is its price in the web shop, `price_cny` its printed or list price in China."""

    isbn13: str
    title: str
    authors: str
    publisher: str
    published: str
    language: str
    pages: int
    binding: str
    price_gbp: str
    price_cny: str
    weight_g: int


BOOKS = [
    Book("9780439420891", "Harry Potter and the Chamber of Secrets", "J.K. Rowling", "Scholastic", "2002",
         "en",
         341, "Paperback", "8.99", "68.00", 320),
    Book("9780747546290", "Harry Potter and the Prisoner of Azkaban", "J.K. Rowling", "Bloomsbury", "2000",
         "en",
         317, "Paperback", "6.99", "62.00", 300),
    Book("9780439139601", "Harry Potter and the Goblet of Fire", "J.K. Rowling", "Scholastic", "2002", "en",
         734, "Paperback", "10.99", "88.00", 620),
    Book("9780545010221", "Harry Potter and the Deathly Hallows", "J.K. Rowling", "Arthur A. Levine Books",
         "2007",
         "en", 759, "Hardcover", "18.99", "180.00", 1150),
    Book("9780810993136", "Diary of a Wimpy Kid", "Jeff Kinney", "Amulet Books", "2007", "en",
         217, "Hardcover", "9.99", "78.00", 360),
    Book("9780441172696", "Dune Messiah", "Frank Herbert", "Ace Books", "1987", "en",
         331, "Mass market paperback", "7.99", "58.00", 190),
    Book("9780441104024", "Children of Dune", "Frank Herbert", "Ace Books", "1987", "en",
         408, "Mass market paperback", "8.99", "66.00", 230),
    Book("9780140283334", "Lord of the Flies", "William Golding", "Penguin Books", "1999", "en",
         182, "Paperback", "8.99", "70.00", 200),
    Book("9780316769174", "The Catcher in the Rye", "J.D. Salinger", "Back Bay Books", "2001", "en",
         277, "Paperback", "9.99", "75.00", 250),
    Book("9780140449136", "Crime and Punishment", "Fyodor Dostoyevsky; David McDuff (translator)",
         "Penguin Classics",
         "2003", "en", 671, "Paperback", "9.99", "82.00", 470),
    Book("9780099408390", "Where the Wild Things Are", "Maurice Sendak", "Red Fox", "2000", "en",
         40, "Paperback", "6.99", "55.00", 180),
    Book("9780307474278", "The Da Vinci Code", "Dan Brown", "Anchor Books", "2009", "en",
         597, "Mass market paperback", "8.99", "60.00", 330),
    Book("9787530210291", "1984", "乔治·奥威尔", "北京十月文艺出版社", "2010-04", "zh", 304, "精装", "4.20", "28.00", 450),
    Book("9787532741922", "刀锋", "毛姆", "上海译文出版社", "2007-03", "zh", 318, "平装", "2.70", "18.00", 360),
    Book("9787533936020", "月亮与六便士", "毛姆", "浙江文艺出版社", "2017-01", "zh", 304, "平装", "5.97", "39.80", 345),
    Book("9787020035847", "雪国", "川端康成", "人民文学出版社", "2002-01", "zh", 110, "平装", "1.19", "7.90", 140),
    Book("9787505715660", "小王子", "圣埃克苏佩里", "中国友谊出版公司", "2000-09", "zh", 111, "平装", "2.97", "19.80", 140),
    Book("9787537823425", "边城", "沈从文", "北岳文艺出版社", "2002-04", "zh", 174, "平装", "1.80", "12.00", 210),
    Book("9787020046157", "许三观卖血记", "余华", "人民文学出版社", "2004-05", "zh", 207, "平装", "1.80", "12.00", 240),
    Book("9787532125944", "活着", "余华", "上海文艺出版社", "2004-05", "zh", 194, "平装", "1.95", "13.00", 230),
    Book("9787561327470", "黄金时代", "王小波", "陕西师范大学出版社", "2009-07", "zh", 413, "平装", "3.45", "23.00", 460),
    Book("9787536023918", "倾城之恋", "张爱玲", "花城出版社", "1997-03", "zh", 284, "平装", "1.65", "11.00", 325),
    Book("9787101054491", "万历十五年（增订本）", "黄仁宇", "中华书局", "2007-01", "zh", 286, "平装", "2.70", "18.00", 325),
    Book("9787806398791", "撒哈拉的故事", "三毛", "哈尔滨出版社", "2003-08", "zh", 217, "平装", "2.37", "15.80", 255),
]
BY_ISBN = {book.isbn13: book for book in BOOKS}

# A good check digit on an ISBN nobody has registered, for "not in the catalogue".
UNKNOWN_ISBN = "9787000000018"

# location -> (isbn13, quantity, condition). 刀锋 and Children of Dune are short on purpose.
STOCK = {
    "A-01-1": ("9780439420891", 9, "good"), "A-01-2": ("9787530210291", 12, "good"),
    "A-01-3": ("9780441172696", 6, "good"), "A-02-1": ("9780747546290", 7, "good"),
    "A-02-2": ("9787532741922", 2, "good"), "A-02-3": ("9780140283334", 10, "good"),
    "A-03-1": ("9780439139601", 8, "good"), "A-03-2": ("9787533936020", 9, "good"),
    "A-03-3": ("9780316769174", 11, "good"), "A-04-1": ("9787020035847", 10, "good"),
    "A-04-2": ("9780545010221", 5, "good"), "A-04-3": ("9787505715660", 14, "good"),
    "B-01-1": ("9780441104024", 1, "good"), "B-01-2": ("9787537823425", 9, "good"),
    "B-01-3": ("9780810993136", 10, "good"), "B-02-1": ("9787020046157", 8, "good"),
    "B-02-2": ("9780140449136", 6, "good"), "B-02-3": ("9787532125944", 12, "good"),
    "B-03-1": ("9780099408390", 8, "good"), "B-03-2": ("9787561327470", 9, "good"),
    "B-03-3": ("9780307474278", 9, "good"), "B-04-1": ("9787536023918", 8, "good"),
    "B-04-2": ("9787101054491", 7, "good"), "B-04-3": ("9787806398791", 9, "good"),
    "C-01-1": ("9787532125944", 5, "good"), "C-01-2": ("9787505715660", 6, "good"),
    "C-01-3": ("9780140283334", 4, "good"), "C-02-1": ("9787530210291", 6, "good"),
    "C-02-2": ("9787532741922", 2, "damaged"), "C-02-3": ("9780545010221", 1, "damaged"),
}
