/** The most common passwords of eight characters and more, in lower case: shorter ones are refused by their length. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 12345678910 0123456789 987654321 9876543210 87654321 123123123 123454321 123321123
11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 33333333 44444444 55555555 66666666 77777777
88888888 99999999 12341234 11223344 1122334455 112233445566 12121212 13131313 10101010 69696969 147258369 147852369
159753456 123456987 123654789 741852963 789456123 987654321a 123456789a a123456789 12345678a a12345678 123456789q
1234567a 1234qwer 12qwaszx 123qweasd 123qweasdzxc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2
qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwert123 qwertyuiop123 qweasdzxc qwer1234
asdfghjk asdfghjkl asdf1234 asdfasdf asdasdasd zxcvbnm1 zxcvbnm123 zaq12wsx zaq1zaq1 q1w2e3r4 q1w2e3r4t5 qazwsxedc
qazwsx123 azerty123 azertyuiop qwertz123 qwertzuiop
password password1 password12 password123 password1234 password12345 password! password1! password@123 passw0rd p@ssword
p@ssw0rd p@ssw0rd1 pa55word pa$$word passwort passwort1 passwort123 motdepasse contrasena senha123 wachtwoord hasloha1
mypassword yourpassword newpassword password2024 password2025 password2026 changeme changeme1 changeme123 letmein1
letmein123 letmeinnow welcome1 welcome12 welcome123 welcome2024 welcome2025 welcome2026 default1 default123 temporary
temp1234 test1234 testtest testing1 testing123 tester123 guest123 demo1234 example1 sample123
admin123 admin1234 admin12345 admin@123 administrator adminadmin admin2024 admin2025 admin2026 root1234 rootroot toor1234
superuser superman superman1 master123 manager1 supervisor secret12 secret123 topsecret security1 access14 service1
iloveyou iloveyou1 iloveyou2 iloveyou! ilovegod iloveme1 lovelove lovely12 loveyou1 sweetheart babygirl babygirl1 beautiful
princess princess1 sunshine sunshine1 football football1 baseball baseball1 basketball volleyball swimming liverpool
liverpool1 chelsea1 arsenal1 barcelona realmadrid juventus manchester michael1 michelle jennifer jessica1 jordan23 charlie1
elizabeth alexander christian christopher nicholas danielle victoria samantha stephanie patricia benjamin jonathan
computer computer1 internet internet1 microsoft windows1 google123 facebook facebook1 linkedin samsung1 nintendo playstation
pokemon1 pokemon123 starwars starwars1 startrek spiderman batman123 superstar dragon123 dragonball ninja123 shadow123 trustno1
whatever whatever1 qwerty1! abcdefgh abcdefghi abcd1234 abcde123 abc12345 abc123456 abcabcabc abc123abc aaaaaaaa aaaaaaaaa
aa123456 aa12345678 a1b2c3d4 a1s2d3f4 asd12345 zzzzzzzz xxxxxxxx hello123 hello1234 helloworld hellohello goodluck
happy123 summer123 summer2024 summer2025 summer2026 winter123 winter2024 winter2025 winter2026 spring2026 autumn2026
january1 december1 monday123 friday123 chocolate butterfly butterfly1 strawberry cocacola mercedes ferrari1 porsche1 corvette
mustang1 harley123 diamond1 midnight forever1 freedom1 blessed1 jesus123 jesuschrist angel123 heaven123 rainbow1 flower123
correcthorsebatterystaple hearth12 hearth123 hearthhearth`.split(/\s+/),
)
