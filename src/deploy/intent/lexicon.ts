/** The words of the grammar, in English and Vietnamese. Past forms are apart: they tell of something, or name a state that is asked for. */
import type { Verb } from '../../model/intent.ts';
import { phraseSet } from './phrases.ts';

/** What says plainly that something be done, or be told. */
const verbPhrases: readonly (readonly [Verb, string])[] = [
  [
    'deploy',
    'deploy|redeploy|re deploy|roll out|rollout|release|ship|launch|spin up|bring up|set up|put live|go live with|stand up|push out',
  ],
  [
    'deploy',
    'start processing|begin processing|start handling|start consuming|start crunching|start computing|upgrade|run',
  ],
  [
    'deploy',
    'triển khai|triển khai lại|phát hành|đưa vào chạy|đưa vào hoạt động|khởi tạo|bắt đầu xử lý|bắt đầu chạy xử lý|chạy|cho chạy|bắt đầu tính|nâng cấp|dựng',
  ],
  [
    'start',
    'start|start up|boot|boot up|kick off|fire up|turn on|switch on|begin|activate|khởi động|bắt đầu|bật|bật lên|khởi chạy',
  ],
  [
    'stop',
    'stop|halt|shut down|shutdown|turn off|switch off|take down|bring down|kill|cancel|terminate|end|tear down|wind down|stop processing|stop running',
  ],
  [
    'stop',
    'dừng|dừng lại|dừng hẳn|dừng xử lý|dừng chạy|tắt|tắt đi|ngừng|ngừng chạy|ngừng xử lý|ngưng|hủy|huỷ|hủy bỏ|kết thúc|chấm dứt',
  ],
  [
    'restart',
    'restart|re start|reboot|bounce|relaunch|stop and start again|turn off and on again|khởi động lại|chạy lại|bật lại|tắt rồi bật lại',
  ],
  [
    'scale',
    'scale|rescale|re scale|scale up|scale down|scale out|scale in|set parallelism|change parallelism|increase parallelism|raise parallelism|reduce parallelism|lower parallelism|bump parallelism|decrease parallelism',
  ],
  [
    'scale',
    'mở rộng|thu nhỏ|thu hẹp|tăng song song|giảm song song|tăng độ song song|giảm độ song song|đặt độ song song|đổi độ song song|chỉnh độ song song|tăng parallelism|giảm parallelism|đặt parallelism',
  ],
  ['pause', 'pause|suspend|put on hold|hold|tạm dừng|tạm ngưng|tạm ngừng|cho nghỉ'],
  [
    'resume',
    'resume|unpause|un pause|continue|carry on with|go on with|unsuspend|tiếp tục|chạy tiếp|tiếp tục chạy|cho chạy tiếp|khôi phục',
  ],
  [
    'rollback',
    'roll back|rollback|roll it back|revert|revert to the last stable version|go back to the last stable version|go back to the previous version|return to the previous version|undo the last deploy|undo the last deployment',
  ],
  [
    'rollback',
    'to the last stable version|to the previous version|to the last good version|to its previous version|to its last stable version|to the version before',
  ],
  [
    'rollback',
    'lùi phiên bản|lùi về|quay lại phiên bản trước|quay về phiên bản trước|trở về phiên bản trước|quay lại bản trước|quay về bản trước|trở lại phiên bản trước|về phiên bản trước|về bản trước|hoàn tác|phiên bản ổn định trước|về bản ổn định gần nhất|về phiên bản ổn định',
  ],
  [
    'savepoint',
    'savepoint|save point|take a savepoint|take a snapshot|snapshot|trigger a savepoint|make a savepoint|create a savepoint|write a savepoint|get a savepoint|save its state|save the state|back up the state',
  ],
  [
    'savepoint',
    'tạo savepoint|lấy savepoint|tạo điểm lưu|tạo một savepoint|tạo một điểm lưu|lấy một savepoint|điểm lưu|lưu trạng thái|chụp trạng thái|ghi savepoint|lưu lại trạng thái',
  ],
  [
    'status',
    'status|state|health|how is|how are|condition|check on|how healthy|trạng thái|tình trạng|tình hình|thế nào|ra sao|sức khỏe|sức khoẻ|ổn không|có ổn không',
  ],
  [
    'lag',
    'lag|lagging|backlog|how far behind|falling behind|far behind|behind|catch up|độ trễ|trễ bao nhiêu|chậm bao nhiêu|tồn đọng|bị trễ|bao nhiêu bản ghi chưa xử lý|còn tồn bao nhiêu|đang trễ',
  ],
  ['logs', 'log|logs|log lines|log file|tail|nhật ký|xem log'],
  [
    'diagnose',
    'diagnose|diagnosis|troubleshoot|debug|root cause|investigate|what is wrong|what is the matter|what went wrong|what is the problem|find out why|chẩn đoán|điều tra|bị làm sao|bị gì|bị sao|lỗi gì|có vấn đề gì|gặp vấn đề gì|nguyên nhân|tìm lỗi',
  ],
  [
    'list',
    'list|which jobs|what jobs|list of jobs|is anything running|anything running|all jobs|all the jobs|everything that is running|what is running|what is deployed|what is there|which pipelines|what pipelines|which deployments|what deployments|inventory',
  ],
  [
    'list',
    'liệt kê|danh sách|những job nào|các job nào|có job nào|có những gì|đang chạy những gì|job nào đang chạy|những gì đang chạy|tất cả job|tất cả các job|mọi job',
  ],
  [
    'help',
    'what can you do|what can i say|what can i ask|help me out|how does this work|how do i use this|bạn làm được gì|làm được những gì|có thể làm gì|hướng dẫn|trợ giúp|cách dùng|cách sử dụng|tôi có thể nói gì',
  ],
  ['help', 'help'],
];

/** A state, not an order: asked for by “I need … running”, told by “… is stopped”. */
const statePhrases: readonly (readonly [Verb, string])[] = [
  [
    'deploy',
    'running|up and running|deployed|live|online|up|launched|released|going|rolled out|started up|hoạt động|lên sóng',
  ],
  ['start', 'started|starting'],
  ['stop', 'stopped|stopping|halted|terminated|shut off|down|offline|killed|cancelled|canceled'],
  ['restart', 'restarted|restarting|bounced'],
  ['scale', 'scaled|rescaled|scaling'],
  ['pause', 'paused|suspended|on hold|pausing'],
  ['resume', 'resumed|resuming'],
  ['rollback', 'rolled back|reverted|rolling back'],
  ['deploy', 'deploying'],
  ['status', 'healthy|unhealthy|alive|okay|stable|doing|going on|getting on|faring'],
  [
    'diagnose',
    'slow|so slow|slower|broken|stuck|failing|failed|crashing|crashed|hanging|hung|chậm|quá chậm|bị chậm|bị hỏng|bị treo|bị lỗi|hỏng|treo',
  ],
];

export type Marker =
  | 'negation' // the opposite may be meant
  | 'question' // asks, does not order
  | 'why'
  | 'how-to'
  | 'conditional' // only if something holds, or only in thought
  | 'alternative'
  | 'schedule' // at some other time
  | 'all' // more than one
  | 'pronoun' // the one that was named before
  | 'request' // wants a state: “I need … running”
  | 'set' // changes a value: “set window to 5 minutes”
  | 'tell' // shows something, or waits for it
  | 'polite'
  | 'ask' // an order in the form of a question
  | 'erase' // what no job's operation does: deleting
  | 'and' // may begin another step
  | 'then';

const markerPhrases: readonly (readonly [Marker, string])[] = [
  [
    'negation',
    'not|never|no|nothing|neither|nor|none|avoid|refrain|without|instead of|rather than|except|but|never mind|nevermind|forget it|ignore|dont|stop asking',
  ],
  ['negation', 'đừng|chớ|chưa|không|ko|thay vì|trừ|ngoại trừ|nhưng|khỏi|không phải|thôi'],
  [
    'question',
    'what|which|who|whose|where|is|are|was|were|does|did|has|may i|can i|could i|can we|could we|can it|do we|do i|do you|is it safe to|what happens|what would happen|tell me about|how|will|would',
  ],
  ['question', 'sao|gì|nào|ai|ở đâu|bao nhiêu|khi nào|phải không|à|hả|có phải|bao giờ|là gì|mấy'],
  ['why', 'why|how come|tại sao|vì sao|sao lại'],
  [
    'how-to',
    'how do i|how do we|how can i|how can we|how to|how would i|how should i|how does one|how do you|làm sao để|làm thế nào để|cách nào để|làm cách nào|làm sao',
  ],
  [
    'conditional',
    'if|unless|in case|suppose|supposing|imagine|assuming|provided|providing|what if|maybe|perhaps|hypothetically|might|whenever|when|while|before|after|once|until|should you|pretend|thinking about|thinking of|considering|wondering|wonder|planning to|almost|nearly|should|shall|must',
  ],
  [
    'conditional',
    'nếu|giả sử|trừ khi|có nên|có lẽ|hay là|trong trường hợp|khi|lúc nào|trước khi|sau khi|cho đến khi|nhỡ|lỡ|định|đang nghĩ|phòng khi|nên',
  ],
  ['alternative', 'or|either|hoặc|hay|versus|vs'],
  [
    'schedule',
    'tomorrow|tonight|later|every|daily|hourly|weekly|nightly|monday|tuesday|wednesday|thursday|friday|saturday|sunday|next week|next month|at noon|at midnight|o clock|pm|am|yesterday|last week|at night|this evening|weekend',
  ],
  [
    'schedule',
    'ngày mai|tối nay|lát nữa|mỗi ngày|mỗi giờ|mỗi đêm|hằng ngày|hàng ngày|hằng đêm|tuần sau|chiều nay|hôm qua|sáng mai|nửa đêm|cuối tuần|tuần trước',
  ],
  [
    'all',
    'all|every|each|both|both of them|them|everything|all of them|everyone|the rest|others|tất cả|mọi|mọi thứ|hết|toàn bộ|cả hai|từng',
  ],
  [
    'pronoun',
    'it|the thing|that thing|that one|this one|that job|this job|the job|the old one|the running one|the current one|the same job|the same one|the old job|the running job|the one that is running|the one running|the old version|that pipeline|the pipeline|this pipeline',
  ],
  ['pronoun', 'nó|cái đó|cái cũ|bản cũ|job đó|job này|job cũ|cái này|job đang chạy|cái đang chạy|luồng đó|luồng này'],
  [
    'request',
    'need|needs|want|wants|get|have|would like|make sure|see that|i want you to|cần|muốn|để|put|bring|keep|take|return|make|create|trigger|đưa|lấy|tạo|ghi',
  ],
  [
    'set',
    'set|change|update|adjust|use|configure|reconfigure|switch|raise|increase|reduce|lower|bump|bump up|decrease|tăng|giảm|nâng|hạ|đặt|đổi|chỉnh|thay đổi|cập nhật|sửa',
  ],
  [
    'tell',
    'show|show me|tell me|give me|let me know|let me see|display|print|notify me|ping me|warn me|report|wait|wait until|check|check whether|inform me|alert me|look at|fetch|view|see|message me|describe|read me|pull up|open|say',
  ],
  [
    'tell',
    'cho tôi biết|cho tôi xem|cho xem|cho biết|báo tôi|báo cho tôi|báo cho tôi biết|báo|xem|hiển thị|kiểm tra|chờ|đợi|thông báo|nhắn tôi|coi|in ra|đọc',
  ],
  [
    'ask',
    'can you|could you|would you|will you|would you mind|can you please|could you please|would you please|will you please|bạn có thể|có thể|được không|được chứ|được không ạ',
  ],
  [
    'polite',
    'please|kindly|be so kind as to|do me a favour and|go ahead and|i would like you to|i want you to|i need you to|i want to|i need to|i would like to|we want to|we need to|we would like to|let us|feel free to|help me|help me to|help us|time to|it is time to',
  ],
  [
    'polite',
    'vui lòng|làm ơn|xin|hãy|giúp tôi|giúp mình|giúp em|giúp|nhờ|nhờ bạn|giùm|giúp tôi với|cho tôi|làm giúp|phiền bạn|tôi muốn|tôi cần|mình muốn|mình cần',
  ],
  [
    'erase',
    'delete|remove|drop|destroy|wipe|erase|purge|clear|nuke|truncate|reset|get rid of|throw away|uninstall|format|xóa|xoá|gỡ|gỡ bỏ|xóa bỏ|xoá bỏ|xóa sạch|phá|bỏ hết|from scratch|clean state|empty state|from the beginning|từ đầu|fresh',
  ],
  ['and', 'and|also|plus|as well as|và|với lại|cũng như'],
  [
    'then',
    'then|and then|after that|afterwards|next|finally|and after that|when that is done|once that is done|when done|and afterwards|followed by|rồi|sau đó|và sau đó|rồi sau đó|xong|xong rồi|xong thì|tiếp theo|tiếp đó|cuối cùng|kế đến|kế tiếp|and finally',
  ],
];

export const fillers = phraseSet([
  [
    true,
    'a|an|the|my|our|your|their|its|this|that|these|those|of|for|to|in|on|at|with|by|from|now|right now|again|right away|immediately|asap|just|too|so|there|here|hey|hi|hello|ok|okay|thanks|thank you|thx|thanks a lot|many thanks|a lot|well|i|we|you|me|us|be|am|been|going|quickly|all right|alright|as|into|onto|over|currently|today|good morning|good afternoon|dear|team|folks|guys|some|little|bit|first|currently|do|still|really|actually|very|much|many|new|latest|newest|most recent|recent|last|more|sure|exactly',
  ],
  [
    true,
    'job|jobs|pipeline|pipelines|stream|streams|streaming|app|apps|application|applications|service|task|process|processing|processor|deployment|data flow|dataflow|flow|workload|topology|version|environment|env|cluster|command|system|engine|code|copy|instance|one|name|named|called|value|parameter|parameters|param|lines|current|figures|number|reading|reads|using',
  ],
  [
    true,
    'cho|của|với|tại|ở|trên|trong|vào|lên|xuống|đi|nhé|nha|nhá|nhe|ạ|ngay|ngay bây giờ|bây giờ|lại|tôi|mình|em|anh|chị|bạn|ơi|cái|con|luồng|ứng dụng|dịch vụ|tiến trình|công việc|việc|xử lý|đang|là|thì|được|một|các|những|này|đó|môi trường|bằng|dùng|sử dụng|thành|về|ra|hộ|phiên bản|bản|mới|mới nhất|hiện tại|hiện nay|gấp|liền|tới|đến|cần|muốn|đã|sẽ|bị|cùng|chào|cảm ơn|hệ thống|giá trị|tham số|lệnh|số|hiện|mức|lần|bộ|tên|chương trình|quá|vậy|thế|do|gần nhất|gần đây|có',
  ],
]);

export const verbSet = phraseSet(verbPhrases);
export const stateSet = phraseSet(statePhrases);
export const markerSet = phraseSet(markerPhrases);

/** Places by other names: the first that the caller has is meant. */
export const environmentSet = phraseSet<readonly string[]>([
  [['production', 'prod', 'live'], 'production|prod|prd|sản xuất|thực tế|môi trường thật'],
  [['staging', 'stage', 'stg', 'preprod', 'test'], 'staging|stage|stg|preprod|pre prod|pre production|tiền sản xuất'],
  [['dev', 'development', 'local'], 'dev|development|phát triển|dev box|local'],
  [['test', 'testing', 'qa'], 'test|qa|testing|kiểm thử|thử nghiệm|uat|sandbox'],
]);

/** Only the first is a way to give up state: each says it outright. */
export const savepointSet = phraseSet<boolean>([
  [
    false,
    'without a savepoint|without savepoint|without any savepoint|without the savepoint|no savepoint|without taking a savepoint|without a save point|with no savepoint|skip the savepoint|skipping the savepoint|without saving its state|without saving the state|without saving state|without keeping its state|without keeping the state|without keeping state|and do not take a savepoint|do not take a savepoint|without making a savepoint|losing its state|discard its state|discarding its state',
  ],
  [
    false,
    'không savepoint|không cần savepoint|không lấy savepoint|không tạo savepoint|không có savepoint|không lưu trạng thái|không cần lưu trạng thái|bỏ savepoint|bỏ qua savepoint|không lưu savepoint|không giữ trạng thái|không cần giữ trạng thái|mà không lưu trạng thái|không cần tạo savepoint',
  ],
  [
    true,
    'with a savepoint|with savepoint|taking a savepoint|and keep its state|keep its state|keeping its state|keep the state|keeping the state|có savepoint|kèm savepoint|với savepoint|giữ trạng thái|có lưu trạng thái|giữ lại trạng thái|and save its state|saving its state',
  ],
]);

/** `lag below`: what stands between the word for lag and the number. */
export const belowSet = phraseSet([
  [
    true,
    'under|below|less than|lower than|at most|smaller than|fewer than|beneath|dưới|nhỏ hơn|ít hơn|thấp hơn|không quá|không hơn|<',
  ],
]);
export const lagSet = phraseSet([
  [true, 'lag|the lag|its lag|backlog|the backlog|its backlog|độ trễ|lag của nó|độ trễ của nó|tồn đọng|số bản ghi tồn'],
]);
export const becomesSet = phraseSet([
  [
    true,
    'is|falls|drops|gets|goes|has fallen|has dropped|comes|becomes|sinks|stays|reaches|is back|còn|xuống|giảm|giảm xuống|xuống còn|là|ở|giảm còn|về',
  ],
]);
export const recordsSet = phraseSet([[true, 'record|records|message|messages|events|rows|bản ghi|thông điệp|dòng']]);
export const waitSet = phraseSet([
  [
    true,
    'when|once|until|as soon as|after|till|that|khi|khi nào|đến khi|cho đến khi|cho tới khi|lúc|ngay khi|tới khi|the moment|if',
  ],
]);
export const runningSet = phraseSet([
  [
    true,
    'it is running|it runs|it is up|it is stable|it is healthy|it is live|running|it is up and running|stable|nó chạy|nó ổn định|nó đã chạy|chạy ổn định|đã chạy|ổn định|nó chạy ổn định|the job is running|the job is stable|it is running well|chạy xong',
  ],
]);
export const engineSet = phraseSet<'flink' | 'millrace'>([
  ['flink', 'flink|apache flink|a flink cluster|the flink cluster|flink cluster'],
  ['millrace', 'millrace'],
]);
export const parallelismSet = phraseSet([[true, 'parallelism|parallel|độ song song|song song|mức song song']]);
export const slotsSet = phraseSet([
  [true, 'slots|slot|workers|worker|threads|subtasks|tasks|instances|replicas|luồng song song|worker|task'],
]);
/** Parameter names that people say in Vietnamese. */
export const parameterWords: ReadonlyMap<string, string> = new Map([
  ['window', 'cửa sổ'],
  ['topic', 'chủ đề'],
  ['threshold', 'ngưỡng'],
]);

/** Words that make a sentence one about stream jobs even where no job of the catalogue is named. */
export const domainWords = new Set(
  'job jobs pipeline pipelines stream streams streaming flink kafka topic topics parallelism savepoint checkpoint lag backlog deployment deployments cluster staging production processor consumer analytics event events luong savepoints rollback scale deploy redeploy rescale environment watermark millrace iceberg sink source'.split(
    ' ',
  ),
);
